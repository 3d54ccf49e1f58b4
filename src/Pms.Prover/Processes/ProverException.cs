using Pms.Primitives;

namespace Pms.Prover.Processes;

/// <summary>A proof was not made.</summary>
/// <remarks>
/// Codes: <c>prover-missing</c> a program is not installed; <c>prover-timeout</c>, <c>prover-memory</c> a limit was passed; <c>prover-failed</c> a program ended with an error; <c>witness-refused</c> the inputs do not fit the
/// circuit; <c>proof-invalid</c> the proof does not verify; <c>commitment-key</c> the key's files are missing, short or unknown; <c>proof-mismatch</c> the proof shows other public inputs than were asked for.
/// </remarks>
public sealed class ProverException(string code, string message, Exception? innerException = null) : PmsException(code, message, innerException);
