using System.Runtime.InteropServices;
using Pms.Prover.Processes;

namespace Pms.Prover.Keys;

/// <summary>Where the programs and what they leave lie.</summary>
/// <param name="Circuits">circuits/ with its node_modules</param>
/// <param name="Work">compiled circuits, keys, finished proofs: can be made again at any time</param>
public sealed record ProverTools(string Circuits, string Work)
{
    /// <summary>Barretenberg for this machine, as npm brought it.</summary>
    /// <exception cref="ProverException"><c>prover-missing</c></exception>
    public string Barretenberg
    {
        get
        {
            var machine = RuntimeInformation.OSArchitecture switch { Architecture.X64 => "amd64", Architecture.Arm64 => "arm64", var other => other.ToString() };
            var path = Path.Combine(Circuits, "node_modules", "@aztec", "bb.js", "build", $"{machine}-{(OperatingSystem.IsMacOS() ? "macos" : "linux")}", "bb");
            return File.Exists(path) ? path : throw new ProverException("prover-missing", $"'{path}' does not exist: tools/npm-ci.sh circuits installs it, for Linux and macOS on x64 and arm64");
        }
    }

    /// <summary>A script of circuits/tools.</summary>
    public string Script(string name) => Path.Combine(Circuits, "tools", name);
}
