namespace Pms.MarketData.Readers.Csv;

/// <summary>Lines of a byte stream in a buffer that never grows beyond the longest allowed line.</summary>
/// <remarks>
/// LF and CRLF end a line; the last one needs no end; a byte order mark at the start is dropped. Of a line that is too long only the
/// beginning is kept and <see cref="IsTooLong"/> is set; the rest is skipped without storing it.
/// </remarks>
internal sealed class Utf8LineReader
{
    private const int FirstBufferBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly int _maxLineBytes;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private int _lineStart;
    private int _lineLength;
    private bool _endOfStream;

    public Utf8LineReader(Stream stream, int maxLineBytes)
    {
        _stream = stream;
        _maxLineBytes = maxLineBytes;
        _buffer = new byte[Math.Min(FirstBufferBytes, maxLineBytes + 1)];
    }

    /// <summary>Number of the current line, from 1.</summary>
    public long LineNumber { get; private set; }

    public bool IsTooLong { get; private set; }

    /// <summary>Without its line end; valid until the next call of <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Current => _buffer.AsSpan(_lineStart, _lineLength);

    /// <returns>false at the end of the stream</returns>
    public bool MoveNext()
    {
        IsTooLong = false;
        var searched = 0;
        while (true)
        {
            var newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                var length = searched + newline;
                Take(length, length + 1);
                return true;
            }

            searched = _end - _start;
            if (_endOfStream)
            {
                if (searched == 0)
                {
                    return false;
                }

                Take(searched, searched);
                return true;
            }

            if (searched > _maxLineBytes)
            {
                SkipRestOfLine();
                return true;
            }

            Fill();
        }
    }

    private void Take(int length, int consumed)
    {
        _lineStart = _start;
        _lineLength = length > 0 && _buffer[_start + length - 1] == '\r' ? length - 1 : length;
        IsTooLong = length > _maxLineBytes;
        _start += consumed;
        LineNumber++;
        if (LineNumber == 1 && Current.StartsWith("\uFEFF"u8))
        {
            _lineStart += 3;
            _lineLength -= 3;
        }
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(2L * _buffer.Length, _maxLineBytes + 1L));
        }

        var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _endOfStream = read == 0;
    }

    // Keeps the first half of the buffer as the line's beginning and reads the rest of the line through the second half.
    private void SkipRestOfLine()
    {
        LineNumber++;
        IsTooLong = true;
        var keep = _buffer.Length / 2;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        }

        _lineStart = 0;
        _lineLength = keep;
        while (true)
        {
            var read = _stream.Read(_buffer, keep, _buffer.Length - keep);
            var newline = _buffer.AsSpan(keep, read).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                _start = keep + newline + 1;
                _end = keep + read;
                return;
            }

            if (read == 0)
            {
                _endOfStream = true;
                _start = _end = keep;
                return;
            }
        }
    }
}
