using System.Text.Json;
using Pms.Primitives;

namespace Pms.Margin.Portfolios;

/// <summary>Rows of a portfolio in JSON.</summary>
/// <remarks>
/// <c>{"accounts":[{"id","positions":[{"instrument","quantity","unit"?}],"collateral":[{"asset","amount"}]}]}</c>, or the CSV rows as objects:
/// <c>{"positions":[{"account","instrument","quantity","unit"?}],"collateral":[{"account","asset","amount"}]}</c>. Numbers may be JSON numbers or text.
/// </remarks>
internal static class PortfolioJson
{
    public static List<PortfolioRow> Read(string json)
    {
        using var document = Parse(json);
        var root = document.RootElement;
        Require(root, JsonValueKind.Object, "the document");
        var rows = new List<PortfolioRow>();
        foreach (var member in root.EnumerateObject())
        {
            switch (member.Name)
            {
                case "accounts":
                    Accounts(member.Value, rows);
                    break;
                case "positions" or "collateral":
                    List(member.Value, member.Name, account: null, rows);
                    break;
                default:
                    throw Unknown(member.Name, "accounts, positions, collateral");
            }
        }

        return rows;
    }

    private static JsonDocument Parse(string json)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("portfolio-json", $"the portfolio is not JSON: {PrintableText.Of(e.Message)}", e);
        }
    }

    private static void Accounts(JsonElement list, List<PortfolioRow> rows)
    {
        Require(list, JsonValueKind.Array, "accounts");
        var i = 0;
        foreach (var account in list.EnumerateArray())
        {
            var place = $"accounts[{i++}]";
            Require(account, JsonValueKind.Object, place);
            var id = account.TryGetProperty("id", out var found) ? Text(found, place, "id") : throw Missing(place, "id");

            // A row of nothing keeps an account that holds nothing.
            rows.Add(new PortfolioRow(place, id, "", "0", null, IsCollateral: true));
            foreach (var member in account.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "id":
                        break;
                    case "positions" or "collateral":
                        List(member.Value, $"{place}.{member.Name}", id, rows);
                        break;
                    default:
                        throw Unknown($"{place}.{member.Name}", "id, positions, collateral");
                }
            }
        }
    }

    private static void List(JsonElement list, string place, string? account, List<PortfolioRow> rows)
    {
        Require(list, JsonValueKind.Array, place);
        var isCollateral = place.EndsWith("collateral", StringComparison.Ordinal);
        var (name, amount) = isCollateral ? ("asset", "amount") : ("instrument", "quantity");
        var i = 0;
        foreach (var row in list.EnumerateArray())
        {
            var here = $"{place}[{i++}]";
            Require(row, JsonValueKind.Object, here);
            string? owner = account, what = null, much = null, unit = null;
            foreach (var member in row.EnumerateObject())
            {
                var value = Text(member.Value, here, member.Name);
                if (member.Name == name)
                {
                    what = value;
                }
                else if (member.Name == amount)
                {
                    much = value;
                }
                else if (member.Name == "unit" && !isCollateral)
                {
                    unit = value;
                }
                else if (member.Name == "account" && account is null)
                {
                    owner = value;
                }
                else
                {
                    throw Unknown($"{here}.{member.Name}", account is null ? $"account, {name}, {amount}" : $"{name}, {amount}");
                }
            }

            rows.Add(new PortfolioRow(here, owner ?? throw Missing(here, "account"), what ?? throw Missing(here, name), much ?? throw Missing(here, amount), unit, isCollateral));
        }
    }

    // The place is written out only where it is needed: there are millions of members.
    private static string Text(JsonElement value, string place, string member) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        _ => throw new InvalidInputException("portfolio-json", $"{place}.{member} is a JSON {value.ValueKind}: text or a number is expected"),
    };

    private static void Require(JsonElement element, JsonValueKind kind, string place)
    {
        if (element.ValueKind != kind)
        {
            throw new InvalidInputException("portfolio-json", $"{place} is a JSON {element.ValueKind}: {kind} is expected");
        }
    }

    private static InvalidInputException Missing(string place, string member) => new("portfolio-json", $"{place} has no {member}");

    private static InvalidInputException Unknown(string place, string allowed) => new("portfolio-json", $"'{PrintableText.Of(place)}' is not known here; known are {allowed}");
}
