using System.CommandLine;
using System.CommandLine.Parsing;
using Pms.Cli.Output;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>What every subcommand shares: the --json flag, an example in its help, typed errors and exit codes.</summary>
internal static class PmsCommand
{
    /// <summary>Creates a subcommand. Its help closes with the example; its action maps typed errors to exit codes.</summary>
    /// <param name="name">verb</param>
    /// <param name="description">one sentence</param>
    /// <param name="example">a command line that works</param>
    /// <param name="run">the work; returns an exit code</param>
    /// <param name="parts">arguments and options</param>
    public static Command Create(
        string name, string description, string example, Func<CommandContext, CancellationToken, Task<int>> run, params Symbol[] parts)
    {
        var json = JsonOption();
        var command = new Command(name, $"{description}{Environment.NewLine}{Environment.NewLine}Example:{Environment.NewLine}  {example}") { json };
        foreach (var part in parts)
        {
            switch (part)
            {
                case Argument argument:
                    argument.Validators.Add(RefuseUnknownFlag);
                    command.Arguments.Add(argument);
                    break;
                case Option option:
                    command.Options.Add(option);
                    break;
                default:
                    throw new InvalidOperationException($"{part.Name} is neither an argument nor an option");
            }
        }

        command.SetAction(async (parsed, cancel) =>
        {
            var context = new CommandContext(parsed, parsed.GetValue(json));
            try
            {
                return await run(context, cancel).ConfigureAwait(false);
            }
            catch (PmsException e)
            {
                return context.Fail(e.Code, e.Message);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return context.Fail("io", e.Message);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync("pms: stopped").ConfigureAwait(false);
                return ExitCode.Failed;
            }
        });
        return command;
    }

    public static Command Group(string name, string description, params Command[] verbs)
    {
        var group = new Command(name, description);
        foreach (var verb in verbs)
        {
            group.Subcommands.Add(verb);
        }

        return group;
    }

    /// <summary>An input file; <c>-</c> is standard input.</summary>
    public static Argument<string> InputArgument(string name, string description) => new(name) { Description = $"{description}; - reads standard input" };

    /// <summary>A mistyped flag would otherwise be taken for a file of that name.</summary>
    private static void RefuseUnknownFlag(ArgumentResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (token.Value.StartsWith("--", StringComparison.Ordinal))
            {
                result.AddError($"{token.Value} is not a flag of this command");
            }
        }
    }

    private static Option<bool> JsonOption() => new("--json")
    {
        Description = "print one JSON document on standard output (shapes: docs/cli.md)",
        Arity = ArgumentArity.Zero,
    };
}

/// <summary>One invocation: its arguments and how it answers.</summary>
internal sealed class CommandContext(ParseResult parsed, bool json)
{
    public bool Json { get; } = json;

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T? Get<T>(Argument<T> argument) => parsed.GetValue(argument);

    public T Require<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>Opens a file, or standard input for <c>-</c>.</summary>
    public static Stream OpenInput(string path)
    {
        if (path == "-")
        {
            return Console.OpenStandardInput();
        }

        if (!File.Exists(path))
        {
            throw new InvalidInputException("file-not-found", $"'{path}' does not exist or is not a file");
        }

        return File.OpenRead(path);
    }

    /// <summary>All of a file, or of standard input for <c>-</c>.</summary>
    /// <exception cref="InvalidInputException"><c>file-not-found</c></exception>
    public static byte[] ReadInput(string path)
    {
        using var stream = OpenInput(path);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>Refuses flags that this call would not look at: the user meant something by them.</summary>
    /// <param name="why">what makes them useless here</param>
    /// <param name="options">flags</param>
    /// <exception cref="InvalidInputException"><c>flags-conflict</c></exception>
    public void Refuse(string why, params IEnumerable<Symbol> options)
    {
        foreach (var option in options.OfType<Option>())
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                throw new InvalidInputException("flags-conflict", $"{option.Name} has no meaning here: {why}");
            }
        }
    }

    /// <summary>Prints the error where the caller looks for it: as JSON on standard output with --json, as text on standard error without.</summary>
    public int Fail(string code, string message, int exitCode = ExitCode.Failed)
    {
        if (!Json || !TryWriteJson(new ErrorDocument(new ErrorBody(code, message))))
        {
            Console.Error.WriteLine($"pms: {message} [{code}]");
        }

        return exitCode;
    }

    // Standard output itself may be what failed (a full disk): the error must still be told.
    private static bool TryWriteJson(ErrorDocument document)
    {
        try
        {
            JsonOutput.Write(document);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}

/// <summary>Process exit codes, the same for every subcommand (docs/cli.md).</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int MarginCall = 3;
    public const int StaleData = 4;
    public const int VerificationFailed = 5;
}
