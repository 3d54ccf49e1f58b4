using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Wire;
using Pms.Chain.Protocol;
using Pms.Cli.Commands;
using Pms.Cli.Output;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>An account of the house as it is shown.</summary>
internal static class AccountText
{
    public static void Write(CommandContext context, HouseConfiguration house, AccountStatus status, AccountRequirementNow? needed)
    {
        if (context.Json)
        {
            JsonOutput.Write(Document(house, status, needed));
            return;
        }

        var account = status.Account;
        Console.WriteLine($"account {account.Number} of {status.Owner}: {NameOf(status.State)}{(status.CallDeadline is { } d ? $" until {d.ToInstant().ToIso()}" : "")}{(status.UnderLiquidation ? ", under liquidation" : "")}");
        Console.WriteLine($"cash {Usd(account.Cash)} USD{(status.Collateral is { } c ? $", collateral {Usd(c)} USD" : "")}{(status.Stressed is { } s ? $", intrinsic stress {Usd(s)} USD" : "")}");
        var table = new TextTable("position", "quantity");
        foreach (var leg in status.Legs)
        {
            table.Add(leg.Name, $"{leg.Leg.Quantity.ToDecimal()}");
        }

        foreach (var (index, amount) in account.Coins)
        {
            table.Add($"coin {house.Coins[index].Asset}", $"{amount}");
        }

        table.Write();
        if (needed is not null)
        {
            Console.WriteLine($"batch {needed.Batch}: initial {Usd(needed.Initial.ToSigned())}, maintenance {Usd(needed.Maintenance.ToSigned())}, equity {Usd(needed.Equity)} USD: {NameOf(needed.Finds)}{(needed.Stale is { } stale ? $"; {stale}" : "")}");
        }
    }

    public static string Usd(Wad wad) => $"{wad.ToUsd():n2}";

    private static string NameOf(HouseMarginState state) => state switch { HouseMarginState.Healthy => "healthy", HouseMarginState.MarginCall => "margin-call", _ => "liquidatable" };

    private static JsonObject Document(HouseConfiguration house, AccountStatus status, AccountRequirementNow? needed)
    {
        var account = status.Account;
        var json = new JsonObject
        {
            ["account"] = $"{account.Number}",
            ["owner"] = $"{status.Owner}",
            ["sequence"] = $"{account.Sequence}",
            ["positionsHash"] = $"{account.Positions.Value}",
            ["state"] = NameOf(status.State),
            ["underLiquidation"] = status.UnderLiquidation,
            ["cashWad"] = $"{account.Cash}",
            ["coins"] = MessageJson.List(account.Coins, c => new JsonObject { ["coin"] = $"{c.Key}", ["asset"] = house.Coins[c.Key].Asset.Code, ["amount"] = $"{c.Value}" }),
            ["positions"] = MessageJson.List(status.Legs, l => new JsonObject { ["instrument"] = l.Name, ["id"] = $"{l.Leg.Instrument}", ["quantityWad"] = $"{l.Leg.Quantity}" }),
        };
        if (status.CallDeadline is { } deadline)
        {
            json["callDeadline"] = deadline.ToInstant().ToIso();
        }

        if (status.Collateral is { } collateral)
        {
            json["collateralWad"] = $"{collateral}";
        }

        if (status.Stressed is { } stressed)
        {
            json["stressedWad"] = $"{stressed}";
        }

        if (needed is not null)
        {
            json["requirement"] = new JsonObject
            {
                ["batchSequence"] = $"{needed.Batch}",
                ["initialWad"] = $"{needed.Initial}",
                ["maintenanceWad"] = $"{needed.Maintenance}",
                ["markValueWad"] = $"{needed.MarkValue}",
                ["equityWad"] = $"{needed.Equity}",
                ["finds"] = NameOf(needed.Finds),
                ["validUntil"] = needed.ValidUntil.ToInstant().ToIso(),
            };
            if (needed.Stale is { } stale)
            {
                json["requirement"]!["stale"] = new JsonObject { ["code"] = stale.Code, ["message"] = stale.Message };
            }
        }

        return json;
    }
}
