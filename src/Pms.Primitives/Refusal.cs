namespace Pms.Primitives;

/// <summary>Why an input was not accepted: an expected outcome, returned rather than thrown.</summary>
/// <param name="Code">stable identifier in kebab-case</param>
/// <param name="Message">names the offending value and what is allowed</param>
public sealed record Refusal(string Code, string Message)
{
    public InvalidInputException ToException() => new(Code, Message);

    public override string ToString() => $"{Code}: {Message}";
}
