using Pms.Testing;

namespace Pms.Cli.Tests;

/// <summary>On-chain commands without a chain: keys, portfolio batches, and everything that is refused before anything is asked.</summary>
public sealed class OnchainOfflineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pms-offline").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Keys_MadeAndShown_AreTheOwnersAndNeverPrinted()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(RepositoryPaths.Root, "src", "Pms.Chain", "node", "dist", "gateway.js")), "the chain gateway is not built: tools/node.sh builds it");
        var made = await PmsProcess.RunAsync(["attest", "keys", "make", "me", "--folder", _folder, "--json"]);
        made.ExitCode.ShouldBe(0, made.Error);
        var path = made.Json.GetProperty("path").GetString()!;
        var secret = (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).Trim();
        secret.Length.ShouldBe(66);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var shown = await PmsProcess.RunAsync(["attest", "keys", "show", path, "--json"]);
        shown.Json.GetProperty("address").GetString().ShouldBe(made.Json.GetProperty("address").GetString());
        var again = await PmsProcess.RunAsync(["attest", "keys", "make", "me", "--folder", _folder, "--json"]);
        (again.ExitCode, again.Json.GetProperty("error").GetProperty("code").GetString()).ShouldBe((1, "key-file"));
        (made.Output + made.Error + shown.Output + shown.Error + again.Output + again.Error).ShouldNotContain(secret[2..]);
    }

    [Fact]
    public async Task Batch_OfAPortfolio_IsBuiltVerifiedAndReadFromStandardInput()
    {
        var (board, portfolio, batch) = (Path.Combine(_folder, "board.csv.gz"), Path.Combine(_folder, "book.csv"), Path.Combine(_folder, "batch.json"));
        await PmsProcess.RunAsync(["sim", "--board", board, "--at", "5m", "--seed", "3"]);
        await File.WriteAllTextAsync(
            portfolio,
            "account,instrument,quantity,asset,amount\n1,BTC_USDC-PERPETUAL,0.5,,\n1,,,USDC,50000\n2,BTC_USDC-PERPETUAL,-0.5,,\n2,,,BTC,1\n",
            TestContext.Current.CancellationToken);
        var built = await PmsProcess.RunAsync(["batch", "build", "--board", board, "--portfolio", portfolio, "-o", batch, "--folder", _folder, "--json"]);
        built.ExitCode.ShouldBe(0, built.Error + built.Output);
        (built.Json.GetProperty("accounts").GetInt32(), built.Json.GetProperty("rows").GetInt32()).ShouldBe((2, 1));
        var verified = await PmsProcess.RunAsync(["batch", "verify", "-", "--portfolio", portfolio, "--folder", _folder, "--json"], await File.ReadAllTextAsync(batch, TestContext.Current.CancellationToken));
        verified.ExitCode.ShouldBe(0, verified.Error + verified.Output);

        // Another book gives another root, and says so by name.
        await File.WriteAllTextAsync(portfolio, "account,instrument,quantity,asset,amount\n1,BTC_USDC-PERPETUAL,0.25,,\n1,,,USDC,50000\n2,BTC_USDC-PERPETUAL,-0.25,,\n2,,,BTC,1\n", TestContext.Current.CancellationToken);
        var other = await PmsProcess.RunAsync(["batch", "verify", batch, "--portfolio", portfolio, "--folder", _folder, "--json"]);
        (other.ExitCode, other.Json.GetProperty("firstDifference").GetProperty("field").GetString()).ShouldBe((5, "accountsRoot"));
        // Another market, another snapshot.
        await PmsProcess.RunAsync(["sim", "--board", board, "--at", "6m", "--seed", "3"]);
        var moved = await PmsProcess.RunAsync(["batch", "verify", batch, "--board", board, "--portfolio", portfolio, "--folder", _folder, "--json"]);
        (moved.ExitCode, moved.Json.GetProperty("firstDifference").GetProperty("field").GetString()).ShouldBe((5, "observedAt"));
    }

    [Theory]
    [InlineData("no-input", "batch", "build")]
    [InlineData("valid-seconds", "batch", "build", "--board", "x", "--valid-seconds", "0")]
    [InlineData("file-not-found", "batch", "verify", "nowhere.json")]
    [InlineData("file-not-found", "batch", "submit", "nowhere.json")]
    [InlineData("file-not-found", "attest", "sign", "nowhere.json")]
    [InlineData("attester-listen", "attest", "serve", "--listen", "everywhere")]
    [InlineData("patience-seconds", "batch", "collect", "nowhere.json", "-o", "x", "--patience-seconds", "0")]
    [InlineData("file-not-found", "account", "list")]
    [InlineData("no-input", "account", "trade", "buy.json", "sell.json")]
    [InlineData("file-not-found", "account", "trade", "buy.json", "sell.json", "--batch", "nowhere.json")]
    [InlineData("quantity-wad", "account", "order", "--account", "1", "--instrument", "BTC_USDC-PERPETUAL", "--quantity", "0", "--limit", "1", "--expiry", "2027-01-15T21:00:00Z", "--nonce", "1")]
    [InlineData("quantity-wad", "account", "order", "--account", "1", "--instrument", "BTC_USDC-PERPETUAL", "--quantity", "much", "--limit", "1", "--expiry", "2027-01-15T21:00:00Z", "--nonce", "1")]
    [InlineData("price-wad", "account", "order", "--account", "1", "--instrument", "BTC_USDC-PERPETUAL", "--quantity", "-1", "--limit", "-1", "--expiry", "2027-01-15T21:00:00Z", "--nonce", "1")]
    [InlineData("time-format", "account", "order", "--account", "1", "--instrument", "BTC_USDC-PERPETUAL", "--quantity", "1", "--limit", "1", "--expiry", "tomorrow", "--nonce", "1")]
    [InlineData("file-not-found", "account", "order", "--account", "1", "--instrument", "BTC_USDC-PERPETUAL", "--quantity", "1", "--limit", "1", "--expiry", "2027-01-15T21:00:00Z", "--nonce", "1")]
    [InlineData("file-not-found", "account", "show", "1")]
    [InlineData("file-not-found", "params", "vote", "nowhere.json")]
    [InlineData("no-input", "params", "propose", "nowhere.json")]
    [InlineData("flags-conflict", "params", "show", "file.json", "--on-chain")]
    public async Task Command_WrongInput_IsRefusedByName(string code, params string[] arguments)
    {
        var run = await PmsProcess.RunAsync([.. arguments, .. arguments.Contains("params") && arguments.Contains("show") ? Array.Empty<string>() : ["--folder", _folder], "--json"]);
        run.ExitCode.ShouldBe(1, run.Output + run.Error);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Theory]
    [InlineData("{}", "json-field")]
    [InlineData("no json", "json-shape")]
    public async Task Verify_OtherDocument_IsRefused(string text, string code)
    {
        var run = await PmsProcess.RunAsync(["batch", "verify", "-", "--json"], text);
        (run.ExitCode, run.Json.GetProperty("error").GetProperty("code").GetString()).ShouldBe((1, code));
    }

    [Theory]
    [InlineData("batch", "build")]
    [InlineData("batch", "verify")]
    [InlineData("batch", "collect")]
    [InlineData("batch", "submit")]
    [InlineData("attest", "sign")]
    [InlineData("attest", "serve")]
    [InlineData("account", "withdraw")]
    [InlineData("params", "propose")]
    [InlineData("params", "execute")]
    [InlineData("chain", "list")]
    public async Task Help_OfACommand_ShowsAnExample(string noun, string verb)
    {
        var run = await PmsProcess.RunAsync([noun, verb, "--help"]);
        run.ExitCode.ShouldBe(0);
        run.Output.ShouldContain($"pms {noun} {verb} ");
    }
}
