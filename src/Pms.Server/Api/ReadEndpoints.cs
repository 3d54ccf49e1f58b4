using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pms.Attestation.Wire;
using Pms.Documents;
using Pms.Margin.Arrays;
using Pms.Margin.Explain;
using Pms.Margin.Measures;
using Pms.Margin.Parameters;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>What can be read (docs/api.md). Every answer is of one whole epoch.</summary>
internal sealed class ReadEndpoints(RiskLoop loop, OverviewHistory history)
{
    private const int MostPage = 1_000;
    private const int MostWorst = 1_000;

    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/health", Health).WithSummary("State, reasons, feeds, store, loop").Answers<HealthDocument>().AllowAnonymousReading();
        api.MapGet("/overview", Overview).WithSummary("What people need at a glance").Answers<OverviewDocument>();
        api.MapGet("/accounts", Accounts).WithSummary("A page of accounts").Answers<AccountPage>();
        api.MapGet("/accounts/{id}", AccountOf).WithSummary("One account: holdings, standing, how to compute its margin again").Answers<AccountDocument>();
        api.MapGet("/accounts/{id}/margin", Margin).WithSummary("The document of pms margin --json, to the byte").Answers<MarginDocument>();
        api.MapGet("/accounts/{id}/explain", Explain).WithSummary("The document of pms explain --json").Answers<ExplainDocument>();
        api.MapGet("/accounts/{id}/models", Models).WithSummary("The document of pms margin --all-models --json").Answers<MarginComparison>();
        api.MapGet("/accounts/{id}/history", History).WithSummary("The account's margins in the epochs kept").Answers<AccountHistory>();
        api.MapGet("/surfaces", Surfaces).WithSummary("The document of pms surface fit --json").Answers<SurfaceDocument>();
        api.MapGet("/surfaces/{underlying}/smiles", Smiles).WithSummary("Quoted and fitted vols by strike").Answers<SmilesDocument>();
        api.MapGet("/instruments", Instruments).WithSummary("Contracts of the board").Answers<InstrumentPage>();
        api.MapGet("/scenarios", Scenarios).WithSummary("The scenarios in which the whole book loses most").Answers<BookScenarios>();
        api.MapGet("/params", Parameters).WithSummary("The risk parameter document in force").Answers<ParametersDocument>();
        api.MapGet("/params/document", ParameterFile).WithSummary("The document alone, as --params reads it").AnswersFile(OpenApiRoutes.Json);
        api.MapGet("/epochs", Epochs).WithSummary("Heads of the newest epochs").Answers<EpochHeads>();
        api.MapGet("/epochs/{number:long}/board", Board).WithSummary("The market of an epoch, as pms margin --board reads it").AnswersFile("application/gzip");
        api.MapGet("/epochs/{number:long}/portfolio", Portfolio).WithSummary("The accounts of an epoch, as pms margin --portfolio reads them").Answers<PortfolioDocument>();
        api.MapGet("/alerts", Alerts).WithSummary("What somebody should look at").Answers<AlertPage>();
        api.MapGet("/records", Records).WithSummary("The hash-chained record of inputs").Answers<RecordPage>();
    }

    internal ApiAnswer Health()
    {
        var (status, now, took) = (loop.Status, loop.Time.GetUtcNow(), loop.TookMs);
        double[] sorted = [.. took.Order()];
        var (records, head) = loop.Store.Head;
        return ApiAnswer.Json(
            new HealthDocument(
                status.Name,
                loop.StateSince,
                [.. status.Reasons.Select(ErrorBody.Of)],
                typeof(RiskLoop).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
                loop.StartedAt,
                now,
                loop.Current is { } epoch ? EpochHead.Of(epoch) : null,
                [FeedDocument.Of(loop.Feed.Status, now)],
                new StoreStatus(loop.Store.Name, records, head.ToString()),
                new LoopStatus(loop.Store.LastEpoch, loop.Failures, loop.Options.IntervalMs, took.IsEmpty ? null : Ms(took[^1]), Quantile(sorted, 0.5), Quantile(sorted, 0.99))));
    }

    internal ApiAnswer Overview(long? epoch = null)
    {
        var newest = Answers.Epoch(loop, epoch);
        return ApiAnswer.Json(history.Overview(newest), newest);
    }

    internal ApiAnswer Accounts(int limit = 50, string? cursor = null, string? state = null, string? q = null, string sort = "account", long? epoch = null)
    {
        Require(limit is >= 1 and <= MostPage, "page-limit", $"limit {limit}: 1 to {MostPage} are possible");
        Require(state is null or "healthy" or "marginCall" or "liquidatable" or "refused", "account-state", $"state '{PrintableText.Of(state ?? "")}' is none of healthy, marginCall, liquidatable, refused");
        var newest = Answers.Epoch(loop, epoch);
        var rows = newest.Accounts.Select(AccountRow.Of)
            .Where(r => state is null || r.State == state)
            .Where(r => q is null || r.Account.Contains(q, StringComparison.OrdinalIgnoreCase));
        // Ties are in the order of accounts, so that pages do not overlap.
        AccountRow[] ordered = sort switch
        {
            "account" => [.. rows],
            "ratio" => [.. rows.OrderBy(r => r.Ratio ?? double.PositiveInfinity)],
            "maintenance" => [.. rows.OrderByDescending(r => r.Maintenance ?? decimal.MinValue)],
            "excess" => [.. rows.OrderBy(r => r.Excess ?? decimal.MaxValue)],
            _ => throw new InvalidInputException("account-sort", $"sort '{PrintableText.Of(sort)}' is none of account, ratio, maintenance, excess"),
        };
        var skip = 0;
        Require(cursor is null || int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out skip), "page-cursor", $"cursor '{PrintableText.Of(cursor ?? "")}' is not one of this server's");
        var next = skip + limit < ordered.Length ? (skip + limit).ToString(CultureInfo.InvariantCulture) : null;
        return ApiAnswer.Json(new AccountPage(EpochHead.Of(newest), [.. ordered.Skip(skip).Take(limit)], next, ordered.Length), newest);
    }

    /// <param name="id">account</param>
    /// <param name="server">as the caller reaches it, as in http://127.0.0.1:8080</param>
    /// <param name="epoch">number that the caller saw; null: whichever is the newest</param>
    internal ApiAnswer Account(string id, string server, long? epoch)
    {
        var newest = Answers.Epoch(loop, epoch);
        var found = Answers.Account(newest, id);
        var document = PortfolioDocument.Of([found.Account]).Accounts[0];
        return ApiAnswer.Json(new AccountDocument(EpochHead.Of(newest), AccountRow.Of(found), document.Positions, document.Collateral, Reproduce(newest, id, server), found.Settled.IsEmpty ? null : [.. found.Settled.Select(SettledDocument.Of)]), newest);
    }

    private ApiAnswer AccountOf(string id, HttpRequest request, long? epoch = null) => Account(id, ServerOf(request), epoch);

    /// <summary>Scheme and host as the caller wrote them.</summary>
    internal static string ServerOf(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    /// <summary>Shell lines that compute the margin again from what the epoch was computed from.</summary>
    private static string[] Reproduce(RiskEpoch epoch, string id, string server)
    {
        var at = $"{server}/api/v1";
        return
        [
            $"curl -sf {at}/epochs/{epoch.Number}/board -o board.csv.gz",
            $"curl -sf {at}/epochs/{epoch.Number}/portfolio -o book.json",
            $"curl -sf {at}/params/document -o params.json",
            $"./pms margin --board board.csv.gz --portfolio book.json --params params.json --seed {epoch.Margin.Inputs.Seed} --account '{id.Replace("'", "'\\''", StringComparison.Ordinal)}'{(epoch.Context.IsDegraded ? " --degraded" : "")} --json",
        ];
    }

    internal ApiAnswer Margin(string id, long? epoch = null) => MarginOf(Answers.Epoch(loop, epoch), id);

    internal static ApiAnswer MarginOf(RiskEpoch epoch, string id) =>
        ApiAnswer.AsCommandLine(MarginDocument.Of(epoch.Margin, [], [Answers.Valued(epoch, id).Result!]), epoch);

    internal ApiAnswer Explain(string id, int worst = 20, bool decay = false, long? epoch = null)
    {
        Require(worst is >= 0 and <= MostWorst, "worst-range", $"worst {worst}: 0 to {MostWorst} are possible");
        var newest = Answers.Epoch(loop, epoch);
        var explanation = AccountExplanation.Of(newest.Margin.Engine, Answers.Valued(newest, id).Account, new ExplainOptions { WorstScenarios = worst, WithDecay = decay });
        return ApiAnswer.AsCommandLine(ExplainDocument.Of(MarginProvenance.Of(newest.Margin), explanation), newest);
    }

    internal ApiAnswer Models(string id, long? epoch = null)
    {
        var newest = Answers.Epoch(loop, epoch);
        return ApiAnswer.AsCommandLine(MarginComparison.Of(newest.Margin, [Answers.Valued(newest, id).Account], [], threads: 1), newest);
    }

    internal ApiAnswer History(string id, int last = 200)
    {
        Require(last is >= 1 and <= MostPage, "page-limit", $"last {last}: 1 to {MostPage} are possible");
        _ = Answers.Account(Answers.Epoch(loop, null), id);
        var times = loop.Store.EpochHeads(last).ToDictionary(h => h.Number, h => JsonDocument.Parse(h.Head).RootElement.GetProperty("observedAt").GetDateTimeOffset());
        return ApiAnswer.Json(
            new AccountHistory([.. loop.Store.History(id, last).Select(h => new AccountPoint(
                h.Epoch,
                times.TryGetValue(h.Epoch, out var at) ? at : null,
                Money.Usd(h.Margin.Equity),
                Money.Usd(h.Margin.Initial),
                Money.Usd(h.Margin.Maintenance),
                h.Margin.Maintenance > 0 ? (double)h.Margin.Equity / h.Margin.Maintenance : null))]));
    }

    internal ApiAnswer Surfaces(long? epoch = null)
    {
        var newest = Answers.Epoch(loop, epoch);
        return ApiAnswer.AsCommandLine(SurfaceDocument.Of(newest.Snapshot, newest.Parameters.Surface, newest.Fits), newest);
    }

    internal ApiAnswer Smiles(string underlying, long? epoch = null) => SmilesOf(underlying, Answers.Epoch(loop, epoch));

    internal static ApiAnswer SmilesOf(string underlying, RiskEpoch epoch)
    {
        var board = epoch.Snapshot.Boards.FirstOrDefault(b => b.Id.Name == underlying)
            ?? throw new InvalidInputException("underlying-missing", $"the board has no family '{PrintableText.Of(underlying)}'; it has {string.Join(", ", epoch.Snapshot.Boards.Select(b => b.Id.Name))}");
        var surface = epoch.Fits.FirstOrDefault(f => f.Fit.Underlying == board.Id).Fit?.Surface;
        return ApiAnswer.Json(
            new SmilesDocument(EpochHead.Of(epoch), underlying, [.. board.Expiries.Select(e => (Board: e, Slice: surface?.Find(e.Expiry))).Where(e => e.Slice is not null).Select(e => Smile(e.Board, e.Slice!))]),
            epoch);
    }

    private static SmileExpiry Smile(ExpiryBoard board, Volatility.VolSlice slice) => new(
        slice.Expiry,
        slice.Years,
        slice.Forward,
        [
            // Of each strike the option out of the money: where the smile is quoted.
            .. board.Options.Select(q => (Quote: q, Option: (EuropeanOption)q.Instrument))
                .Where(q => (q.Option.Type == OptionType.Call) == ((double)q.Option.Strike >= slice.Forward))
                .Select(q => (q.Quote, q.Option.Strike, K: Math.Log((double)q.Option.Strike / slice.Forward)))
                .Select(q => new SmilePoint(q.Strike, q.K, q.Quote.Values.BidVol, q.Quote.Values.AskVol, q.Quote.Values.MarkVol, slice.Vol(q.K))),
        ]);

    internal ApiAnswer Instruments(string? underlying = null, long? epoch = null)
    {
        var newest = Answers.Epoch(loop, epoch);
        return ApiAnswer.Json(
            new InstrumentPage(EpochHead.Of(newest), [.. newest.Snapshot.Boards.Where(b => underlying is null || b.Id.Name == underlying).SelectMany(b => b.Linears.Concat(b.Expiries.SelectMany(e => e.Options))).Select(InstrumentRow.Of)]),
            newest);
    }

    internal ApiAnswer Scenarios(int worst = 20, long? epoch = null)
    {
        Require(worst is >= 0 and <= MostWorst, "worst-range", $"worst {worst}: 0 to {MostWorst} are possible");
        var newest = Answers.Epoch(loop, epoch);
        var (engine, set) = (newest.Margin.Engine, newest.Margin.Set);
        RowLots[] holdings =
        [
            .. newest.Accounts.Select(a => a.Result).OfType<MarginResult>().SelectMany(r => r.Holdings).GroupBy(h => h.Row).OrderBy(g => g.Key)
                .Select(g => new RowLots(g.Key, g.Sum(h => h.Lots))).Where(h => h.Lots != 0),
        ];
        var pnl = engine.Pnl(holdings);
        var level = newest.Accounts.Select(a => a.Result).OfType<MarginResult>().FirstOrDefault()?.Tail.Level ?? TailLevel.P99;
        var tail = TailMeasure.Of(pnl.AsSpan(0, set.TailCount), engine.Design, level);
        var scenarios = WorstScenarios.Of(set, pnl, [.. holdings.Select(h => new RowHolding(engine.Array.Rows[h.Row], h.Lots))], worst);
        return ApiAnswer.Json(
            new BookScenarios(
                EpochHead.Of(newest),
                set.TailCount,
                set.Count - set.TailCount,
                newest.Parameters.Scenarios.HorizonDays,
                new BookTail(level.Alpha, Money.Usd(tail.Var), Money.Usd(tail.Es), tail.StandardError / Money.UnitsPerUsd),
                [.. scenarios.Select(ExplainScenario.Of)]),
            newest);
    }

    internal ApiAnswer Parameters()
    {
        using var document = JsonDocument.Parse(RiskParameterFile.Write(loop.Options.Parameters));
        return ApiAnswer.Json(new ParametersDocument(loop.Options.Parameters.Hash().ToString(), document.RootElement.Clone()));
    }

    private IResult ParameterFile() => Results.Text(RiskParameterFile.Write(loop.Options.Parameters), "application/json");

    internal ApiAnswer Epochs(int last = 100)
    {
        Require(last is >= 1 and <= MostPage, "page-limit", $"last {last}: 1 to {MostPage} are possible");
        return ApiAnswer.Json(new EpochPage([.. loop.Store.EpochHeads(last).Select(h => JsonDocument.Parse(h.Head).RootElement.Clone())]));
    }

    private ApiAnswer Board(long number)
    {
        var bytes = loop.Current is { } current && current.Number == number ? SnapshotBytes.Write(current.Snapshot) : Stored(number).Board.ToArray();
        return new ApiAnswer(bytes, "application/gzip", number, $"board-{number}.csv.gz");
    }

    private ApiAnswer Portfolio(long number)
    {
        if (loop.Current is { } current && current.Number == number)
        {
            return new ApiAnswer(RiskBook.PortfolioBytes(current.Valued), "application/json", number);
        }

        var epoch = Stored(number);
        var book = BookReplay.Read(loop.Store, epoch.BookSequence);
        var margined = loop.Store.Margins(number).Select(m => m.Account).ToHashSet(StringComparer.Ordinal);
        var at = JsonDocument.Parse(epoch.Head).RootElement.GetProperty("observedAt").GetDateTimeOffset();
        return new ApiAnswer(RiskBook.PortfolioBytes(book.Accounts.Values.Where(a => margined.Contains(a.Id)).Select(a => SettledAccount.Of(a, book.Deliveries, at).Account)), "application/json", number);
    }

    internal ApiAnswer Alerts() => ApiAnswer.Json(new AlertPage(loop.Alerts));

    internal ApiAnswer Records(long after = 0, int limit = 100)
    {
        Require(after >= 0 && limit is >= 1 and <= MostPage, "page-limit", $"after {after}, limit {limit}: at least 0, and 1 to {MostPage}, are possible");
        return ApiAnswer.Json(
            new RecordPage(
                [.. loop.Store.Records(after, limit).Select(r => new RecordRow(r.Sequence, JsonNamingPolicy.CamelCase.ConvertName(r.Kind.ToString()), DateTimeOffset.FromUnixTimeMilliseconds(r.AtMs), r.Hash().ToString(), r.Previous.ToString()))],
                loop.Store.Head.Hash.ToString()));
    }

    private Storage.StoredEpoch Stored(long number) => loop.Store.FindEpoch(number)
        ?? throw new InvalidInputException("epoch-missing", $"epoch {number} is not kept: the newest is {loop.Store.LastEpoch}");

    private static double Ms(double value) => Math.Round(value, 1);

    private static double? Quantile(double[] sorted, double share) => sorted.Length == 0 ? null : Ms(OrderStatistics.OfSorted(sorted, share));

    private static void Require(bool holds, string code, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException(code, message);
        }
    }
}
