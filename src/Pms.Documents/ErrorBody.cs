using Pms.Primitives;

namespace Pms.Documents;

/// <summary>A refusal as JSON.</summary>
/// <param name="Code">stable identifier</param>
/// <param name="Message">names the offending value and what is allowed</param>
public sealed record ErrorBody(string Code, string Message)
{
    public static ErrorBody Of(Refusal refusal) => new(refusal.Code, refusal.Message);
}
