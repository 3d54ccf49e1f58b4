using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Recordings;

/// <summary>Writes a session file: one line a message, compressed, flushed so that a crash costs at most the last few.</summary>
/// <remarks>Not thread-safe: one writer per file. Messages are written as they came, byte for byte, so that nothing is lost to a decoder's opinion.</remarks>
public sealed class SessionWriter : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private static readonly SearchValues<char> SourceCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    private readonly Stream _target;
    private readonly Stream _stream;
    private readonly SessionFlushPolicy _policy;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used;
    private long _sinceFlush;
    private DateTimeOffset _flushedAt;
    private DateTimeOffset _latest;
    private bool _ended;

    /// <summary>Begins a session with its header line.</summary>
    /// <param name="target">receives the compressed bytes; closed with the writer</param>
    /// <param name="source">venue whose messages follow: <c>deribit</c> or <c>okx</c></param>
    /// <param name="startedAt">instant of the beginning</param>
    /// <param name="compress">false for plain NDJSON</param>
    /// <param name="policy">when to flush; null for the default</param>
    public SessionWriter(Stream target, string source, DateTimeOffset startedAt, bool compress = true, SessionFlushPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentException.ThrowIfNullOrEmpty(source);
        if (source.Length > SessionFormat.MaxSourceLength || source.AsSpan().ContainsAnyExcept(SourceCharacters))
        {
            throw new InvalidInputException("session-source", $"'{source}' is not a source name: up to {SessionFormat.MaxSourceLength} of a-z, 0-9, '.', '-' are expected");
        }

        _target = target;
        _stream = compress ? new GZipStream(target, CompressionLevel.Fastest) : target;
        _policy = policy ?? SessionFlushPolicy.Default;
        _flushedAt = startedAt;
        _latest = startedAt;
        Append(Encoding.UTF8.GetBytes(
            $"{{\"format\":\"{SessionFormat.Name}\",\"version\":{SessionFormat.Version},\"source\":\"{source}\",\"startedUs\":{startedAt.ToUnixMicroseconds()}}}\n"));
        Flush();
    }

    /// <summary>Messages written, received ones only.</summary>
    public long Messages { get; private set; }

    /// <summary>Bytes of all lines before compression.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes one received message. It must be one JSON value; line ends inside it, which JSON allows between tokens, become blanks.</summary>
    /// <exception cref="IOException">the disk is full or the target is gone</exception>
    public void WriteReceived(ReadOnlySpan<byte> message, DateTimeOffset at)
    {
        WriteLine(SessionFormat.ReceivedPrefix, message, at);
        Messages++;
    }

    /// <summary>Writes one sent request, so that a reader can tell what a reply answers.</summary>
    public void WriteSent(ReadOnlySpan<byte> message, DateTimeOffset at) => WriteLine(SessionFormat.SentPrefix, message, at);

    /// <summary>Pushes everything down to the target.</summary>
    public void Flush()
    {
        Drain();
        _stream.Flush();
        _target.Flush();
        _sinceFlush = 0;
        _flushedAt = _latest;
    }

    /// <summary>Ends the session with a line that says so; a file without it was cut.</summary>
    public void End(DateTimeOffset at)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        Append(Encoding.UTF8.GetBytes($"{{\"endedUs\":{at.ToUnixMicroseconds()},\"messages\":{Messages}}}\n"));
        Flush();
    }

    public void Dispose()
    {
        End(_latest);
        _stream.Dispose();
        _target.Dispose();
    }

    private void WriteLine(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> message, DateTimeOffset at)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        Span<byte> number = stackalloc byte[20];
        Utf8Formatter.TryFormat(at.ToUnixMicroseconds(), number, out var digits);
        var before = Bytes;
        Append(prefix);
        Append(number[..digits]);
        Append(SessionFormat.MessageInfix);
        AppendOnOneLine(message);
        Append("}\n"u8);
        _latest = at > _latest ? at : _latest;
        _sinceFlush += Bytes - before;
        if (_sinceFlush >= _policy.MaxBytes || _latest - _flushedAt >= _policy.MaxAge)
        {
            Flush();
        }
    }

    private void AppendOnOneLine(ReadOnlySpan<byte> message)
    {
        while (true)
        {
            var cut = message.IndexOfAny((byte)'\n', (byte)'\r');
            if (cut < 0)
            {
                Append(message);
                return;
            }

            Append(message[..cut]);
            Append(" "u8);
            message = message[(cut + 1)..];
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_used == _buffer.Length)
            {
                Drain();
            }

            var count = Math.Min(bytes.Length, _buffer.Length - _used);
            bytes[..count].CopyTo(_buffer.AsSpan(_used));
            _used += count;
            bytes = bytes[count..];
        }
    }

    private void Drain()
    {
        _stream.Write(_buffer, 0, _used);
        _used = 0;
    }
}

/// <summary>When a session file is pushed to the disk: after so many bytes or so much time of messages, whichever is first.</summary>
/// <param name="MaxBytes">before compression; each flush costs some compression</param>
/// <param name="MaxAge">by the times of the messages</param>
public sealed record SessionFlushPolicy(long MaxBytes, TimeSpan MaxAge)
{
    public static SessionFlushPolicy Default { get; } = new(1024 * 1024, TimeSpan.FromSeconds(2));
}
