using Spectre.Console;

namespace Pms.Cli.Output;

/// <summary>A table for people: aligned columns on standard output, numbers to the right, no colour when it is not a terminal.</summary>
internal sealed class TextTable
{
    private readonly Table _table = new() { Border = TableBorder.Simple };
    private readonly int _columns;
    private readonly List<string> _messages = [];

    /// <param name="headers">the first column is left-aligned text; end a header with a space to left-align its column too</param>
    public TextTable(params string[] headers)
    {
        _columns = headers.Length;
        for (var i = 0; i < headers.Length; i++)
        {
            var column = new TableColumn(Markup.Escape(headers[i].TrimEnd())).NoWrap();
            _table.AddColumn(i == 0 || headers[i].EndsWith(' ') ? column.LeftAligned() : column.RightAligned());
        }
    }

    public void Add(string first, params string[] cells)
    {
        var row = new string[_columns];
        Array.Fill(row, "");
        row[0] = Markup.Escape(first);
        for (var i = 0; i < cells.Length; i++)
        {
            row[i + 1] = Markup.Escape(cells[i]);
        }

        _table.AddRow(row);
    }

    /// <summary>A line under the table instead of a row.</summary>
    public void AddMessage(string subject, string message) => _messages.Add($"{subject}: {message}");

    public void Write()
    {
        if (_table.Rows.Count > 0)
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
            if (Console.IsOutputRedirected)
            {
                // A pipe has no width: wrapping a table to 80 columns would only break it.
                console.Profile.Width = 1_000;
            }

            console.Write(_table);
        }

        foreach (var message in _messages)
        {
            Console.Error.WriteLine(message);
        }
    }
}
