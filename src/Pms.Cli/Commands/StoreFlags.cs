using System.CommandLine;
using Pms.Primitives;
using Pms.Server.Storage;

namespace Pms.Cli.Commands;

/// <summary>Where the risk server's state is.</summary>
internal static class StoreFlags
{
    /// <summary>Holds the connection string: a password on a command line can be read by everybody on the machine.</summary>
    public const string UrlVariable = "PMS__STORE__URL";

    private const string Sqlite = "sqlite";
    private const string Postgres = "postgres";

    private static readonly Option<string> Kind = new("--store") { Description = $"{Sqlite} (a file in the data folder) or {Postgres}", DefaultValueFactory = _ => Sqlite };
    private static readonly Option<string?> Url = new("--store-url") { Description = $"of {Postgres}: Host=…;Database=…;Username=…; default: environment variable {UrlVariable}" };

    public static Symbol[] All { get; } = [Kind, Url];

    public static bool IsFile(CommandContext context) => context.Get(Kind) == Sqlite;

    /// <param name="context">flags</param>
    /// <param name="folder">data folder, for a file</param>
    /// <exception cref="InvalidInputException"><c>store-flag</c>, <c>store-url</c>, the codes of the stores</exception>
    public static IRiskStore Open(CommandContext context, string folder)
    {
        switch (context.Get(Kind))
        {
            case Sqlite:
                context.Refuse($"--store is {Sqlite}", Url);
                return SqliteStore.Open(PathIn(folder));
            case Postgres:
                return PostgresStore.Open(context.Get(Url) ?? Environment.GetEnvironmentVariable(UrlVariable)
                    ?? throw new InvalidInputException("store-url", $"--store {Postgres} needs --store-url or the environment variable {UrlVariable}"));
            case var other:
                throw new InvalidInputException("store-flag", $"--store '{PrintableText.Of(other ?? "")}' is none of {Sqlite}, {Postgres}");
        }
    }

    public static string PathIn(string folder) => Path.Combine(folder, "server.db");
}
