using System.Numerics;
using Pms.Attestation.Batches;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Cli.Onchain;
using Pms.Cli.Proofs;
using Pms.MarketData.Snapshots;
using Pms.Proofs.Anchors;
using Pms.Proofs.Circuits;
using Pms.Proofs.Fields;
using Pms.Proofs.Witnesses;
using Pms.Prover.Keys;
using Pms.Prover.Processes;
using Pms.Prover.Proving;
using Pms.Prover.Submission;
using Pms.Simulation.Stress;
using Pms.Testing;

namespace Pms.Cli.Tests.Proofs;

/// <summary>Real proofs on a local chain, end to end: margins accepted and opened, solvency published, aged and replaced, and everything that must be refused.</summary>
public sealed class ProofChainTests : IAsyncLifetime
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private static readonly CircuitInstance Batches = CircuitInstance.Of("margin-batch-small");
    private static readonly CircuitInstance Single = CircuitInstance.Of("account-margin-small");
    private static readonly CircuitInstance Solvency = CircuitInstance.Of("solvency-small");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-proofs-");
    private LocalHouse _house = null!;
    private LocalProofs _proofs = null!;
    private Batch _batch = null!;

    public ValueTask InitializeAsync() => new(StartAsync([Batches, Single, Solvency]));

    private async Task StartAsync(CircuitInstance[] instances)
    {
        var circuits = new List<BuiltCircuit>();
        foreach (var instance in instances)
        {
            circuits.Add(await BuiltCircuit.MakeAsync(ProofFlags.Tools(), instance, ProofTarget.Chain, null, ProverLimits.Default, Cancel));
        }

        _house = await LocalHouse.StartAsync(ChainWorkspace.Find(_folder.FullName), seed: 5, StressScripts.MeltUp, _ => { }, Cancel, circuits: circuits);
        _proofs = new LocalProofs(_house, new ProofMaker(ProofFlags.Tools()));
        await _house.InsureAsync(10_000, Cancel);
        var (_, writer) = await _house.TraderAsync("writer", 200_000, Cancel);
        var (_, buyer) = await _house.TraderAsync("buyer", 200_000, Cancel);
        var call = await _house.ListCallAsync(Cancel);
        var batch = await _house.EpochAsync(_house.Market.Now.AddMinutes(1), Cancel);
        (await _house.TradeAsync("trade", writer, buyer, call, 5m, batch, Cancel)).ShouldBeTrue();
        _batch = await EpochAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Margins_ProvenInABatch_AreOpenedByTheirPathsAndNothingElseIs()
    {
        var (proof, witness) = await _proofs.MarginsAsync(Batches, _batch.Header, Snapshot(), Cancel);
        var receipt = await _proofs.SubmitAsync(proof, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine($"submit {receipt.GasUsed} gas, of 4 accounts");

        var root = proof.Proof["marginRoot"];
        // One tick less, another account's place, another account.
        await RefusedAsync("NotInRoot", () => PullAsync(0, witness.Margins[0] + 1, 0));
        await RefusedAsync("NotInRoot", () => PullAsync(0, witness.Margins[0], 1));
        await RefusedAsync("NotInRoot", () => PullAsync(1, witness.Margins[2], 2));
        // A root that nobody proved.
        await RefusedAsync("UnknownRoot", () => _house.Relayer.SendAsync(ProofCalls.Pull(_house.Contracts, proof.Start.Accounts[0], witness.Margins[0], FieldElement.Of(5L), 0, witness.Tree.PathOf(0)), Cancel));

        for (var i = 0; i < 3; i++)
        {
            var account = proof.Start.Accounts[i];
            receipt = await _house.Relayer.SendAsync(ProofCalls.Pull(_house.Contracts, account, witness.Margins[i], root, i, witness.Tree.PathOf(i)), Cancel);
            var proven = await _house.Node.CallAsync(_house.Contracts.Proofs, "provenOf", [$"{account.Number}"], Cancel);
            BigInteger.Parse((string)proven[3]!, null).ShouldBe(witness.Margins[i] * BigInteger.Pow(10, 12));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"pull {receipt.GasUsed} gas");
        witness.Margins.Max().ShouldBeGreaterThan(0UL, "the writer of calls has a margin");

        Task PullAsync(int account, ulong margin, int place) =>
            _house.Relayer.SendAsync(ProofCalls.Pull(_house.Contracts, proof.Start.Accounts[account], margin, root, place, witness.Tree.PathOf(place)), Cancel);
    }

    [Fact]
    public async Task Margin_OfOneAccount_IsProvenOnItsOwn()
    {
        var (proof, margin) = await _proofs.MarginAsync(Single, _batch.Header, Snapshot(), 1, Cancel);
        var receipt = await _proofs.SubmitAsync(proof, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine($"submit {receipt.GasUsed} gas, of one account");
        var account = proof.Start.Accounts[1];
        await _house.Relayer.SendAsync(ProofCalls.Pull(_house.Contracts, account, margin, proof.Proof["marginRoot"], 0, new Pms.Proofs.Hashing.TreePath([], [])), Cancel);
        var proven = await _house.Node.CallAsync(_house.Contracts.Proofs, "provenOf", [$"{account.Number}"], Cancel);
        BigInteger.Parse((string)proven[3]!, null).ShouldBe(margin * BigInteger.Pow(10, 12));
    }

    [Fact]
    public async Task Proof_TakenElsewhere_IsRefused()
    {
        var (proof, _) = await _proofs.MarginsAsync(Batches, _batch.Header, Snapshot(), Cancel);
        var solvency = await _proofs.SolvencyAsync(Solvency, _batch.Header, Snapshot(), Cancel);

        // The proof's bytes changed, another margin root, another shortfall: the verifier refuses.
        await RefusedAsync(null, () => _proofs.SubmitAsync(proof with { Proof = proof.Proof with { Bytes = proof.Proof.Bytes.SetItem(700, (byte)(proof.Proof.Bytes[700] ^ 1)) } }, Cancel));
        await RefusedAsync(null, () => _proofs.SubmitAsync(proof with { Proof = With(proof, "marginRoot", FieldElement.Of(1L)) }, Cancel));
        var lower = solvency.Proof["shortfall"] + FieldElement.Of(1L);
        await RefusedAsync(null, () => _proofs.PublishAsync(solvency with { Proof = With(solvency, "shortfall", lower) }, Cancel));

        // The same proof for another epoch, with an anchor that is in order there.
        var earlier = proof;
        _batch = await EpochAsync();
        var (later, _) = await _proofs.MarginsAsync(Batches, _batch.Header, Snapshot(), Cancel);
        await RefusedAsync(null, () => _proofs.SubmitAsync(later with { Proof = earlier.Proof }, Cancel));
        // Signatures of one batch's anchor over another's array or accounts do not count at all.
        await RefusedAsync(null, () => _proofs.SubmitAsync(later with { Anchor = later.Anchor with { ArrayRoot = earlier.Anchor.ArrayRoot } }, Cancel));
        await RefusedAsync(null, () => _proofs.SubmitAsync(later with { Anchor = later.Anchor with { AccountsRoot = earlier.Anchor.AccountsRoot } }, Cancel));

        // A proof for the other contract, or for another chain, has another context, whatever is signed.
        var context = _proofs.ContextOf(_batch.Header, Batches.Name, _house.Contracts.Proofs);
        context.ShouldNotBe(_proofs.ContextOf(_batch.Header, Batches.Name, _house.Contracts.Solvency));
        var onChain = await _house.Node.CallAsync(_house.Contracts.Proofs, "contextOf", [$"{later.Anchor.CircuitId}", $"{_batch.Header.Sequence}", $"{later.Anchor.BatchHash}"], Cancel);
        BigInteger.Parse((string)onChain[0]!, null).ShouldBe(context.ToBigInteger());
        ProofContext.Of(new Attestation.Amounts.ChainId(1), Attestation.Encoding.EvmAddress.Parse(_house.Contracts.Proofs.Address), later.Anchor.CircuitId, _batch.Header.Sequence, later.Anchor.BatchHash)
            .ShouldNotBe(context);
        await _proofs.SubmitAsync(later, Cancel);
    }

    [Fact]
    public async Task Solvency_Published_AgesToUnknownAndIsReplaced()
    {
        var proof = await _proofs.SolvencyAsync(Solvency, _batch.Header, Snapshot(), Cancel);
        var receipt = await _proofs.PublishAsync(proof, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine($"publish {receipt.GasUsed} gas");
        (await IndexAsync()).ShouldBe((true, 1));
        await _house.Node.RpcAsync("evm_setNextBlockTimestamp", [(await _house.NowAsync(Cancel)).AddHours(1).ToUnixTimeSeconds()], Cancel);
        await _house.Node.RpcAsync("anvil_mine", ["0x1"], Cancel);
        (await IndexAsync()).Known.ShouldBeFalse();
        await RefusedAsync("SolvencyUnknown", () => _house.Node.CallAsync(_house.Contracts.Solvency, "requireSolvent", ["1"], Cancel));
        _batch = await EpochAsync();
        await _proofs.PublishAsync(await _proofs.SolvencyAsync(Solvency, _batch.Header, Snapshot(), Cancel), Cancel);
        (await IndexAsync()).ShouldBe((true, 2));
    }

    /// <summary>Parts, their settlement, and the chain with the pinned key of the parts.</summary>
    [Fact]
    public async Task Settlement_OfParts_IsPublished()
    {
        Assert.SkipUnless(FuzzBudget.Long, "skipped: proofs inside a proof take minutes (make test-long)");
        var settle = CircuitInstance.Of("solvency-settle-small");
        await RestartAsync([settle]);
        var proof = await _proofs.SolvencyAsync(settle, _batch.Header, Snapshot(), Cancel);
        (string Name, string Here, string There)[] both =
        [
            ("arrayRoot", $"{proof.Proof["arrayRoot"]}", $"{proof.Anchor.ArrayRoot}"),
            ("accountsRoot", $"{proof.Proof["accountsRoot"]}", $"{proof.Anchor.AccountsRoot}"),
            ("evaluations", $"{proof.Proof["evaluations"]}", $"{proof.Anchor.Evaluations}"),
            ("shardKey", $"{proof.Proof["shardKey"]}", (string)(await _house.Node.CallAsync(_house.Contracts.Verifiers, "circuitOf", [$"{proof.Anchor.CircuitId}"], Cancel))[0]!["shardKey"]!),
        ];
        foreach (var (name, here, there) in both)
        {
            there.ShouldBe(here, name);
        }

        var receipt = await _proofs.PublishAsync(proof, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine($"publish {receipt.GasUsed} gas, of two small parts at a place of the ring that no round has used");
        (await IndexAsync()).ShouldBe((true, 1));
    }

    /// <summary>Gas of whole transactions at full size; the accounts are few, which no verifier can see. Minutes, so in the long suite.</summary>
    [Fact]
    public async Task Gas_OfFullSizeProofs_IsThatOfTheRecord()
    {
        Assert.SkipUnless(FuzzBudget.Long, "skipped: proofs of full size take minutes (make test-long)");
        await RestartAsync([CircuitInstance.Of("account-margin"), CircuitInstance.Of("margin-batch"), CircuitInstance.Of("solvency"), CircuitInstance.Of("solvency-settle")]);
        var say = TestContext.Current.TestOutputHelper!;
        var (single, _) = await _proofs.MarginAsync(CircuitInstance.Of("account-margin"), _batch.Header, Snapshot(), 1, Cancel);
        var one = (await _proofs.SubmitAsync(single, Cancel)).GasUsed;
        say.WriteLine($"account-margin {one} gas, {single.Proof.Cost}");
        var (batch, _) = await _proofs.MarginsAsync(CircuitInstance.Of("margin-batch"), _batch.Header, Snapshot(), Cancel);
        var many = (await _proofs.SubmitAsync(batch, Cancel)).GasUsed;
        say.WriteLine($"margin-batch {many} gas, {many / 64} an account, {batch.Proof.Cost}");
        var first = (await _proofs.PublishAsync(await _proofs.SolvencyAsync(CircuitInstance.Of("solvency"), _batch.Header, Snapshot(), Cancel), Cancel)).GasUsed;
        _batch = await EpochAsync();
        var solvency = await _proofs.SolvencyAsync(CircuitInstance.Of("solvency"), _batch.Header, Snapshot(), Cancel);
        var again = (await _proofs.PublishAsync(solvency, Cancel)).GasUsed;
        say.WriteLine($"solvency {first} gas at a place of the ring that no round has used, then {again}, {solvency.Proof.Cost}");
        _batch = await EpochAsync();
        var settled = await _proofs.SolvencyAsync(CircuitInstance.Of("solvency-settle"), _batch.Header, Snapshot(), Cancel);
        var settlement = (await _proofs.PublishAsync(settled, Cancel)).GasUsed;
        say.WriteLine($"solvency-settle {settlement} gas, {settled.Proof.Cost}");
        settlement.ShouldBeLessThan(1_200_000UL);
        one.ShouldBeLessThan(1_020_000UL);
        many.ShouldBeLessThan(1_070_000UL);
        again.ShouldBeLessThan(1_135_000UL);
    }

    /// <summary>Attesters compute the anchor themselves, at the sizes of the circuit that it names: one with other numbers gets no signature.</summary>
    [Fact]
    public async Task Anchor_ThatAnAttesterComputesOtherwise_IsNotSigned()
    {
        var (proof, witness) = await _proofs.MarginsAsync(Batches, _batch.Header, Snapshot(), Cancel);
        var secret = System.Collections.Immutable.ImmutableArray.Create(new byte[32]);
        var proposal = new AnchorProposal(proof.Anchor, _batch.Header, Snapshot(), Batches.Name, [witness.Challenge], 1800, secret);
        // Another secret gives other salts, and so another root of accounts.
        await RefusesAsync(proposal, "anchor-mismatch");
        await RefusesAsync(proposal with { Circuit = Solvency.Name }, "anchor-mismatch");
        await RefusesAsync(proposal with { Circuit = "none" }, "circuit-unknown");
        await RefusesAsync(proposal with { Seconds = 3601 }, "anchor-seconds");
        await RefusesAsync(proposal with { Header = _batch.Header with { TotalMaintenance = _batch.Header.TotalMaintenance + _batch.Header.TotalMaintenance } }, "anchor-batch");
        var old = Snapshot();
        _batch = await EpochAsync();
        await RefusesAsync(proposal with { Header = _batch.Header, Snapshot = old }, "proof-batch");

        async Task RefusesAsync(AnchorProposal asked, string code)
        {
            var answer = await _proofs.Attesters[0].SignAsync(asked, Cancel);
            answer.Signature.ShouldBeNull();
            answer.Reason!.Code.ShouldBe(code);
        }
    }

    /// <summary>The house anew, with other circuits.</summary>
    private async Task RestartAsync(CircuitInstance[] instances)
    {
        await DisposeAsync();
        _folder.Create();
        await StartAsync(instances);
    }

    private async Task<(bool Known, int Count)> IndexAsync()
    {
        var index = await _house.Node.CallAsync(_house.Contracts.Solvency, "index", [], Cancel);
        return ((bool)index[0]!, int.Parse((string)(await _house.Node.CallAsync(_house.Contracts.Solvency, "count", [], Cancel))[0]!, System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task<Batch> EpochAsync() => await _house.EpochAsync(await _house.NowAsync(Cancel), Cancel);

    private MarketSnapshot Snapshot() => SnapshotBytes.Read(_house.Current!.Board);

    private static Pms.Prover.Documents.Proof With(AnchoredProof proof, string name, FieldElement value) =>
        proof.Proof with { Public = [.. proof.Proof.Public.Select(p => p.Name == name ? new PublicInput(name, value) : p)] };

    /// <param name="error">that the contract names; null: any, as verifiers have errors of their own</param>
    /// <param name="send">what must not pass</param>
    private static async Task RefusedAsync(string? error, Func<Task> send)
    {
        var refused = await Should.ThrowAsync<ChainException>(send);
        if (error is not null)
        {
            refused.ShouldBeOfType<RevertException>().Error.ShouldBe(error);
        }
    }
}
