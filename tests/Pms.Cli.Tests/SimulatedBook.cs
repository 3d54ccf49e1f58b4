namespace Pms.Cli.Tests;

/// <summary>A board of the simulated market and a book drawn on it, as files in a folder of their own.</summary>
internal sealed class SimulatedBook : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-book");

    private SimulatedBook()
    {
    }

    public string Board => Path.Combine(_folder.FullName, "board.csv.gz");

    public string Book => Path.Combine(_folder.FullName, "book.csv");

    public static async Task<SimulatedBook> MakeAsync(int accounts, int seed)
    {
        var made = new SimulatedBook();
        (await PmsProcess.RunAsync(["sim", "--seed", "3", "--board", made.Board, "--at", "3h"])).ExitCode.ShouldBe(0);
        var book = await PmsProcess.RunAsync(["book", "make", made.Board, "--accounts", $"{accounts}", "--seed", $"{seed}"]);
        book.ExitCode.ShouldBe(0, book.Error);
        await File.WriteAllTextAsync(made.Book, book.Output);
        return made;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
