namespace Pms.Primitives;

/// <summary>Base of every error this system raises on purpose.</summary>
/// <remarks>The code is stable and machine-readable; the message names the offending value and what is allowed.</remarks>
public abstract class PmsException : Exception
{
    protected PmsException(string code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    /// <summary>Stable identifier in kebab-case, as in <c>price-below-intrinsic</c>.</summary>
    public string Code { get; }

    public Refusal ToRefusal() => new(Code, Message);
}

/// <summary>A caller passed a value outside the stated domain.</summary>
public sealed class InvalidInputException(string code, string message, Exception? innerException = null)
    : PmsException(code, message, innerException);
