using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Pms.Cli.Tests;

/// <summary>SRV-04: a server's database is recomputed by whoever has it.</summary>
public sealed class ReplayVerifyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pms-verify-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Verify_ADatabaseOfPmsServe_IsEqualAndOneChangedMarginIsNamed()
    {
        await ServeAsync();
        var equal = await PmsProcess.RunAsync(["replay", "--verify", _folder, "--last", "2", "--json"]);
        equal.ExitCode.ShouldBe(0, equal.Error + equal.Output);
        var verified = equal.Json.GetProperty("verify");
        verified.GetProperty("differences").GetArrayLength().ShouldBe(0);
        verified.GetProperty("margins").GetInt32().ShouldBe(20 * verified.GetProperty("epochs").GetInt32());

        Change("UPDATE margins SET initial = initial + 1 WHERE epoch = 1 AND account = (SELECT MIN(account) FROM margins)");

        var changed = await PmsProcess.RunAsync(["replay", "--verify", _folder, "--epoch", "1", "--json"]);
        changed.ExitCode.ShouldBe(5, changed.Error);
        var difference = changed.Json.GetProperty("verify").GetProperty("differences").EnumerateArray().ShouldHaveSingleItem();
        difference.GetProperty("field").GetString().ShouldBe("initial");
        long Value(string side) => long.Parse(difference.GetProperty(side).GetString()!, CultureInfo.InvariantCulture);
        Value("stored").ShouldBe(Value("recomputed") + 1);
        var text = await PmsProcess.RunAsync(["replay", "--verify", _folder, "--epoch", "1"]);
        text.Output.ShouldContain("epoch 1: ");
        text.Output.ShouldContain(difference.GetProperty("stored").GetString()!);

        Change("UPDATE records SET at_ms = at_ms + 1 WHERE sequence = 3");
        await CodeAsync("store-chain", "--verify", _folder);
    }

    [Fact]
    public async Task Verify_WrongFlags_AreTypedErrors()
    {
        await CodeAsync("file-not-found", "--verify", _folder);
        await CodeAsync("file-not-found", "--verify");
        await CodeAsync("file-not-found");
        await CodeAsync("verify-flag", "--verify", _folder, "--last", "0");
        await CodeAsync("flags-conflict", "--verify", _folder, "--fit-every", "1s");
        await CodeAsync("flags-conflict", "board.csv", "--last", "3");
        await CodeAsync("flags-conflict", "--verify", _folder, "--store", "postgres");
        await CodeAsync("store-url", "--verify", "--store", "postgres");
        await CodeAsync("store-url", "--verify", "--store", "postgres", "--store-url", "nonsense");
        Directory.EnumerateFileSystemEntries(_folder).ShouldBeEmpty("nothing is made where nothing was");
    }

    private static async Task CodeAsync(string code, params string[] arguments)
    {
        var run = await PmsProcess.RunAsync(["replay", .. arguments, "--json"], standardInput: "");
        run.ExitCode.ShouldBe(1, string.Join(' ', arguments));
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code, string.Join(' ', arguments));
    }

    private async Task ServeAsync()
    {
        using var process = ServeProcess.Start(_folder);
        try
        {
            using var http = new HttpClient { BaseAddress = await ServeProcess.ListeningAsync(process, TestContext.Current.CancellationToken) };
            while ((await http.GetFromJsonAsync<JsonElement>("epochs?last=2", TestContext.Current.CancellationToken)).GetProperty("items").GetArrayLength() < 2)
            {
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "server.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery().ShouldBe(1);
    }
}
