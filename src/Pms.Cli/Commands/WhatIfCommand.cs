using System.CommandLine;
using Pms.Cli.Output;
using Pms.Margin.Explain;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms whatif</c>: an account's margin before and after orders.</summary>
internal static class WhatIfCommand
{
    public static Command Create()
    {
        var inputs = new MarginInputs();
        var account = ExplainCommand.AccountOption();
        var orders = new Option<string[]>("--order")
        {
            Description = "INSTRUMENT:QUANTITY or INSTRUMENT:QUANTITY@PRICE, bought positive; may be repeated; - reads orders from standard input, one a line",
            DefaultValueFactory = _ => [],
        };
        return PmsCommand.Create(
            "whatif",
            "An account's equity, margins and binding scenario before and after orders.",
            "pms whatif --board board.csv.gz --portfolio book.csv --account a1 --order BTC-27MAR26-100000-C:+5 --order BTC-PERPETUAL:-20000",
            (context, _) => Task.FromResult(Run(context, inputs, account, orders)),
            [.. inputs.All, account, orders]);
    }

    private static int Run(CommandContext context, MarginInputs inputs, Option<string?> account, Option<string[]> orders)
    {
        Order[] wanted = [.. context.Get(orders)!.SelectMany(o => Lines(context, inputs, o)).Select(Order.Parse)];
        if (wanted.Length == 0)
        {
            throw new InvalidInputException("no-input", "--order is missing: INSTRUMENT:QUANTITY, as in BTC-27MAR26-100000-C:+5");
        }

        var run = inputs.Read(context);
        var chosen = ExplainCommand.AccountOf(run, context.Get(account));
        var epoch = run.Epoch(wanted.Select(o => o.Instrument), WhatIf.SettlementAssets(wanted));
        var document = WhatIfDocument.Of(epoch, WhatIf.Of(epoch.Engine, chosen, wanted));
        if (context.Json)
        {
            JsonOutput.Write(document);
        }
        else
        {
            Write(document);
        }

        return ExitCode.Ok;
    }

    private static List<string> Lines(CommandContext context, MarginInputs inputs, string order)
    {
        if (order != "-")
        {
            return [order];
        }

        if (context.Get(inputs.Board) == "-" || context.Get(inputs.Portfolio) == "-")
        {
            throw new InvalidInputException("flags-conflict", "--order - and another input cannot both read standard input");
        }

        var lines = new List<string>();
        while (lines.Count <= WhatIf.MostOrders && Console.In.ReadLine() is { } line)
        {
            if (line.AsSpan().Trim().Length > 0)
            {
                lines.Add(line.Trim());
            }
        }

        return lines;
    }

    private static void Write(WhatIfDocument d)
    {
        var table = new TextTable(d.Before.Account, "before", "after", "change");
        foreach (var (name, before, after, change) in new[]
        {
            ("equity", d.Before.Equity, d.After.Equity, d.Delta.Equity),
            ("initial", d.Before.Initial, d.After.Initial, d.Delta.Initial),
            ("maintenance", d.Before.Maintenance, d.After.Maintenance, d.Delta.Maintenance),
            ("expected shortfall", d.Before.Tail!.Es, d.After.Tail!.Es, d.Delta.Es),
            ("available", d.Before.Available, d.After.Available, d.Delta.Available),
        })
        {
            table.Add(name, $"{before:N2}", $"{after:N2}", $"{change:+#,0.00;-#,0.00;0}");
        }

        table.Add("binding", d.Before.Binding, d.After.Binding);
        table.Add("worst of the tail", d.WorstBefore ?? "-", d.WorstAfter ?? "-");
        table.Add("worst stress", d.Before.Grid?.Scenario ?? "-", d.After.Grid?.Scenario ?? "-");
        table.Write();
        var orders = new TextTable("order", "quantity", "pays", "in ", "initial alone", "maintenance alone");
        foreach (var o in d.Orders)
        {
            orders.Add(o.Instrument, $"{o.Quantity:G29}", $"{o.Payment:G29}", o.Asset, $"{o.InitialAlone:+#,0.00;-#,0.00;0}", $"{o.MaintenanceAlone:+#,0.00;-#,0.00;0}");
        }

        orders.Write();
        Console.WriteLine(d.Sufficient ? "equity covers the initial margin" : "equity does not cover the initial margin");
    }
}
