using System.Collections.Immutable;
using Pms.Cli.Backtest;
using Pms.Primitives;
using Pms.Validation.WalkForward;

namespace Pms.Cli.Tests;

public sealed class ForecastDatabaseTests : IDisposable
{
    private static readonly ContentHash Board = ContentHash.Of("board"u8);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-forecasts");

    private string File => Path.Combine(_folder.FullName, "margins.db");

    [Fact]
    public void Find_AfterReopening_GivesEveryBitOfWhatWasKept()
    {
        ImmutableArray<BacktestMargin?> margins = [new BacktestMargin(1.0 / 3, 1e-300, Math.PI, 4, 5e15), null, new BacktestMargin(0, 0), new BacktestMargin(7, 6, Es: 5)];
        using (var first = new ForecastDatabase(File))
        {
            first.Find("pms", Board, "20 1").ShouldBeNull();
            first.Keep("pms", Board, "20 1", margins);
            first.Keep("pms", Board, "20 2", []);
        }

        using var again = new ForecastDatabase(File);
        again.Find("pms", Board, "20 1")!.Value.ShouldBe(margins);
        again.Find("pms", Board, "20 2")!.Value.ShouldBeEmpty();
        again.Find("other", Board, "20 1").ShouldBeNull();
        again.Find("pms", ContentHash.Of("other"u8), "20 1").ShouldBeNull();
        again.Find("pms", Board, "20 3").ShouldBeNull();
        again.Keep("pms", Board, "20 1", [null]);
        again.Find("pms", Board, "20 1")!.Value.ShouldBe([null]);
    }

    [Fact]
    public void Keep_ManyThreads_LosesNothing()
    {
        using var database = new ForecastDatabase(File);
        Parallel.For(0, 200, i => database.Keep($"model {i % 4}", ContentHash.Of(BitConverter.GetBytes(i)), "books", [new BacktestMargin(i, i)]));
        for (var i = 0; i < 200; i++)
        {
            database.Find($"model {i % 4}", ContentHash.Of(BitConverter.GetBytes(i)), "books")!.Value.ShouldBe([new BacktestMargin(i, i)]);
        }
    }

    [Fact]
    public void Open_FileOfAnotherKindOrPlaceThatIsNot_IsRefused()
    {
        System.IO.File.WriteAllText(File, new string('x', 5_000));
        Should.Throw<InvalidInputException>(() => new ForecastDatabase(File)).Code.ShouldBe("resume-file");
        Should.Throw<InvalidInputException>(() => new ForecastDatabase(Path.Combine(_folder.FullName, "none", "margins.db"))).Code.ShouldBe("resume-file");
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
