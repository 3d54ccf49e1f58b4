namespace Pms.Cli.Backtest;

internal static class BacktestHtml
{
    public static void Write(BacktestDocument document, string path) => File.WriteAllText(path, document.Windows.ToString());
}
