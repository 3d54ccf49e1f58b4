using Pms.Attestation.Encoding;
using Pms.Attestation.Signing;
using Pms.Primitives;

namespace Pms.Attestation.Aggregation;

/// <summary>What an attester says to a proposal: its signature, or why not.</summary>
public sealed record AttesterAnswer
{
    private AttesterAnswer(EvmSignature? signature, Refusal? refusal) => (Signature, Refusal) = (signature, refusal);

    /// <summary>Null where it refused.</summary>
    public EvmSignature? Signature { get; }

    /// <summary>Null where it signed.</summary>
    public Refusal? Refusal { get; }

    public static AttesterAnswer Signed(EvmSignature signature) => new(signature, null);

    public static AttesterAnswer Refused(Refusal reason) => new(null, reason);

    public static AttesterAnswer Refused(string code, string message) => Refused(new Refusal(code, message));
}

/// <summary>One attester, wherever it runs.</summary>
/// <typeparam name="TProposal">what it is asked to sign</typeparam>
public interface IAttesterClient<in TProposal>
{
    EvmAddress Address { get; }

    /// <summary>Asks; a refusal is an answer, an unreachable attester throws.</summary>
    Task<AttesterAnswer> AskAsync(TProposal proposal, CancellationToken cancel);
}
