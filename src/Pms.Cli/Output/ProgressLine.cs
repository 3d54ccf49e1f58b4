namespace Pms.Cli.Output;

/// <summary>One line of progress on standard error: rewritten in place on a terminal, at most one line every ten seconds into a file.</summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan RedirectedInterval = TimeSpan.FromSeconds(10);

    private readonly long _start = TimeProvider.System.GetTimestamp();
    private TimeSpan _next = RedirectedInterval;
    private int _shown;

    public void Show(string text)
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write('\r' + text.PadRight(_shown));
            _shown = text.Length;
        }
        else if (TimeProvider.System.GetElapsedTime(_start) >= _next)
        {
            _next = TimeProvider.System.GetElapsedTime(_start) + RedirectedInterval;
            Console.Error.WriteLine(text);
        }
    }

    public void End()
    {
        if (_shown > 0)
        {
            Console.Error.WriteLine();
            _shown = 0;
        }
    }

    public void Dispose() => End();
}
