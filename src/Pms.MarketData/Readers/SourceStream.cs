namespace Pms.MarketData.Readers;

/// <summary>A forward-only stream whose beginning can be looked at, and whose damage surfaces as <see cref="MarketFormatException"/>.</summary>
internal sealed class SourceStream(Stream inner, int headBytes) : Stream
{
    private readonly byte[] _head = new byte[headBytes];
    private int _headLength;
    private int _headRead;
    private MarketFormatException? _damage;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The first bytes, fewer than asked for only at the end of the stream.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        while (_headLength < _head.Length)
        {
            int read;
            try
            {
                read = ReadInner(_head.AsSpan(_headLength));
            }
            catch (MarketFormatException e) when (_headLength > 0)
            {
                // What came before the damage can still be read; the damage is met again where it lies.
                _damage = e;
                break;
            }

            if (read == 0)
            {
                break;
            }

            _headLength += read;
        }

        return _head.AsSpan(0, _headLength);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_headRead < _headLength)
        {
            var count = Math.Min(buffer.Length, _headLength - _headRead);
            _head.AsSpan(_headRead, count).CopyTo(buffer);
            _headRead += count;
            return count;
        }

        return _damage is null ? ReadInner(buffer) : throw _damage;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ReadInner(Span<byte> buffer)
    {
        try
        {
            return inner.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw new MarketFormatException("gzip-corrupt", "the compressed data is damaged or cut off", e);
        }
        catch (IOException e)
        {
            throw new MarketFormatException("file-unreadable", $"reading failed: {e.Message}", e);
        }
    }
}
