using System.Collections.Immutable;
using System.Numerics;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Witnesses;

/// <summary>What neighbouring accounts together cannot pay: circuits/lib/src/shortfall.nr.</summary>
/// <param name="Root">over their leaves</param>
/// <param name="Challenge">at which a quorum evaluates the array</param>
/// <param name="Statement">on the array at that challenge</param>
/// <param name="Totals">[scenario] sum over accounts of max(0, -equity) [money units]</param>
internal sealed record ShortfallPart(FieldElement Root, FieldElement Challenge, FieldElement Statement, ImmutableArray<Int128> Totals)
{
    /// <summary>[account][scenario] equity in the scenario.</summary>
    public required Int128[][] Equities { get; init; }

    public required ImmutableArray<HiddenAccount> Accounts { get; init; }

    public required ImmutableArray<FieldElement> Evaluations { get; init; }

    public static ShortfallPart Of(CircuitInstance instance, FieldElement context, ArrayCommitment array, HiddenAccounts accounts, int part)
    {
        var those = accounts.Range(part * instance.Accounts, instance.Accounts);
        var root = accounts.Tree.Node(BitOperations.Log2((uint)instance.Accounts), part);
        Int128[][] equities = [.. those.Select(a => EquitiesOf(a, array))];
        var totals = new Int128[instance.Scenarios];
        var losses = new PoseidonSponge(HashTag.Losses, instance.Accounts * SignedPacking.FieldsOf(instance.Scenarios));
        foreach (var equity in equities)
        {
            for (var s = 0; s < totals.Length; s++)
            {
                totals[s] += Int128.Max(-equity[s], 0);
            }

            foreach (var packed in SignedPacking.Pack(equity))
            {
                losses.Absorb(packed);
            }
        }

        var challenge = PoseidonSponge.DigestOf([context, array.Root, root, losses.Digest()], HashTag.Challenge);
        var evaluations = array.EvaluateAt(challenge);
        return new ShortfallPart(root, challenge, ArrayCommitment.Statement(challenge, evaluations.AsSpan()), [.. totals]) { Equities = equities, Accounts = those, Evaluations = evaluations };
    }

    /// <summary>Hidden inputs.</summary>
    public NoirInputs AddTo(NoirInputs inputs, CircuitInstance instance) => inputs
        .Add("accounts", Accounts, instance.Positions)
        .AddEach("equities", Equities, (members, equity) =>
        {
            members.Add("values", equity.Select(NoirInputs.Signed));
            members.Add("flags", equity.Select(x => x < 0));
        })
        .Add("evaluations", Evaluations);

    private static Int128[] EquitiesOf(HiddenAccount account, ArrayCommitment array)
    {
        Int128[] equity = [.. array.Losses(account.Holdings.AsSpan()).Select(l => (Int128)account.Equity - l)];
        var beyond = Array.FindIndex(equity, x => Int128.Abs(x) >= Int128.One << SignedPacking.SizeBits);
        return beyond < 0
            ? equity
            : throw new InvalidInputException("proof-range", $"account {account.Number} is worth {equity[beyond]} money units in scenario {beyond}: less than 2^{SignedPacking.SizeBits} in size is provable");
    }
}
