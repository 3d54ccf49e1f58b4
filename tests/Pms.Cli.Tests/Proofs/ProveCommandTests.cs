using System.Text.Json;

namespace Pms.Cli.Tests.Proofs;

/// <summary>The commands as a user runs them, on a small circuit.</summary>
public sealed class ProveCommandTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-prove-");
    private SimulatedBook _book = null!;

    public async ValueTask InitializeAsync() => _book = await SimulatedBook.MakeAsync(6, 3);

    public ValueTask DisposeAsync()
    {
        _book.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Prove_Solvency_IsVerifiedAndShowsEachOwnerHisAccount()
    {
        var (proof, inclusions) = (In("proof.json"), In("inclusions"));
        var made = await PmsProcess.RunAsync(["prove", "solvency", "--board", _book.Board, "--portfolio", _book.Book, "--circuit", "solvency-small", "-o", proof, "--inclusions", inclusions, "--json"]);
        made.ExitCode.ShouldBe(0, made.Error);
        JsonDocument.Parse(made.Output).RootElement.GetProperty("development").GetBoolean().ShouldBeTrue();

        var verified = await PmsProcess.RunAsync(["verify", proof, "--json"]);
        verified.ExitCode.ShouldBe(0, verified.Error);
        JsonDocument.Parse(verified.Output).RootElement.GetProperty("holds").GetBoolean().ShouldBeTrue();

        Directory.GetFiles(inclusions).Length.ShouldBe(6);
        var own = Path.Combine(inclusions, "inclusion-2.json");
        (await PmsProcess.RunAsync(["solvency", "check-inclusion", own, "--proof", proof])).ExitCode.ShouldBe(0);
        (await PmsProcess.RunAsync(["solvency", "check-inclusion", own, "--proof", proof, "--equity", "1.00"])).ExitCode.ShouldBe(5);
        var richer = In("richer.json");
        var text = await File.ReadAllTextAsync(own, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(richer, text.Replace("\"equity\":\"", "\"equity\":\"1", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        (await PmsProcess.RunAsync(["solvency", "check-inclusion", richer, "--proof", proof])).ExitCode.ShouldBe(5);
    }

    [Fact]
    public async Task Verify_OtherPublicInput_EndsWithFive()
    {
        var proof = In("proof.json");
        (await PmsProcess.RunAsync(["prove", "batch", "--board", _book.Board, "--portfolio", _book.Book, "--circuit", "margin-batch-small", "-o", proof])).ExitCode.ShouldBe(0);
        var text = await File.ReadAllTextAsync(proof, TestContext.Current.CancellationToken);
        var context = "\"name\":\"context\",\"value\":\"0x" + new string('0', 64);
        text.ShouldContain(context);
        var changed = In("changed.json");
        await File.WriteAllTextAsync(changed, text.Replace(context, context[..^1] + "1", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        (await PmsProcess.RunAsync(["verify", changed])).ExitCode.ShouldBe(5);
    }

    [Theory]
    [InlineData("circuit-unknown", "--circuit", "none")]
    [InlineData("field-element", "--context", "-1")]
    [InlineData("limit-flag", "--most-seconds", "0")]
    [InlineData("batch-flag", "--batch", "9")]
    [InlineData("commitment-key", "--crs", ".")]
    public async Task Prove_BadFlag_IsRefused(string code, string flag, string value)
    {
        var circuit = flag == "--circuit" ? Array.Empty<string>() : ["--circuit", "margin-batch-small"];
        var refused = await PmsProcess.RunAsync(["prove", "batch", "--board", _book.Board, "--portfolio", _book.Book, .. circuit, flag, value, "--json"]);
        refused.ExitCode.ShouldBe(1);
        JsonDocument.Parse(refused.Output).RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);
}
