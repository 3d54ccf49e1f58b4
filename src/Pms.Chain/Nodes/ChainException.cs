using Pms.Primitives;

namespace Pms.Chain.Nodes;

/// <summary>The chain, its node or the gateway to it did not do what was asked.</summary>
/// <remarks>Codes: <c>chain-unreachable</c>, <c>chain-revert</c>, <c>chain-refused</c>, <c>chain-timeout</c>, <c>chain-mismatch</c>, <c>gateway</c>, <c>gateway-missing</c>, <c>key-file</c>.</remarks>
public class ChainException(string code, string message, Exception? innerException = null) : PmsException(code, message, innerException);

/// <summary>A contract refused a call.</summary>
/// <param name="function">what was called</param>
/// <param name="error">name of the contract's error; <c>unknown</c> where no abi names it</param>
/// <param name="arguments">its values, as JSON</param>
public sealed class RevertException(string function, string error, string arguments)
    : ChainException("chain-revert", $"{function} was refused: {error}{arguments}")
{
    public string Error { get; } = error;

    public string Arguments { get; } = arguments;
}
