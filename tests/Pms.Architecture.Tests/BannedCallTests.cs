using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Pms.Architecture.Tests;

/// <summary>
/// The compiled core calls no clock, no unseeded random and no platform mathematics. The compiler refuses them too (BannedSymbols.txt);
/// this reads the assemblies, so that a suppressed warning does not pass.
/// </summary>
public sealed class BannedCallTests
{
    private static readonly string[] Banned =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.TimeProvider.get_System", "System.Environment.get_TickCount", "System.Environment.get_TickCount64", "System.Diagnostics.Stopwatch.*",
        "System.Random.*", "System.Guid.NewGuid", "System.Security.Cryptography.RandomNumberGenerator.*",
        "System.Math.Exp", "System.Math.Log", "System.Math.Log2", "System.Math.Log10", "System.Math.Pow", "System.Math.Sin", "System.Math.Cos", "System.Math.Tan",
        "System.Math.Tanh", "System.Math.Sinh", "System.Math.Cosh", "System.Math.Cbrt", "System.Math.Asin", "System.Math.Acos", "System.Math.Atan", "System.Math.Atan2",
        "System.Numerics.Tensors.TensorPrimitives.*",
    ];

    [Theory]
    [InlineData("Pms.Primitives")]
    [InlineData("Pms.Numerics")]
    [InlineData("Pms.MarketData")]
    [InlineData("Pms.Pricing")]
    [InlineData("Pms.Volatility")]
    [InlineData("Pms.Scenarios")]
    [InlineData("Pms.Margin")]
    [InlineData("Pms.Solvency")]
    [InlineData("Pms.Liquidation")]
    [InlineData("Pms.Microstructure")]
    [InlineData("Pms.Attestation")]
    [InlineData("Pms.Simulation")]
    public void CoreAssembly_MemberReferences_HoldNoBannedCall(string name)
    {
        CallsOf(name).Where(IsBanned).ShouldBeEmpty();
    }

    [Fact]
    public void Check_OnAnAssemblyThatReadsTheClock_FindsIt()
    {
        // This test project reads the clock here on purpose: the check must see it.
        _ = DateTimeOffset.UtcNow;
        CallsOf("Pms.Architecture.Tests").ShouldContain(call => IsBanned(call));
    }

    private static bool IsBanned(string call) => Banned.Any(b => b.EndsWith(".*", StringComparison.Ordinal) ? call.StartsWith(b[..^1], StringComparison.Ordinal) : call == b);

    private static HashSet<string> CallsOf(string assembly)
    {
        using var stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        using var pe = new PEReader(stream);
        var metadata = pe.GetMetadataReader();
        var calls = new HashSet<string>(StringComparer.Ordinal);
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
            {
                var type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
                calls.Add($"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}.{metadata.GetString(member.Name)}");
            }
        }

        return calls;
    }
}
