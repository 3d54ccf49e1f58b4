using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Nodes;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Local;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Chain.Transactions;
using Pms.Cli.Proofs;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Prover.Keys;
using Pms.Prover.Processes;
using Pms.Prover.Submission;
using Pms.Simulation.Stress;

namespace Pms.Cli.Onchain;

/// <summary>One step of a local run, as it is told.</summary>
/// <param name="Name">stable</param>
/// <param name="Text">for people</param>
/// <param name="GasUsed">of its transaction; null without one</param>
/// <param name="Values">numbers by name, decimal texts</param>
internal sealed record LocalStep(string Name, string Text, ulong? GasUsed, IReadOnlyDictionary<string, string> Values);

/// <summary>The protocol on a local chain of its own, with four attesters and a simulated market; what a run or a test does to it, by name.</summary>
internal sealed class LocalHouse : IAsyncDisposable
{
    private const ulong ValidSeconds = 240;
    private const ulong ClearanceSeconds = 45;
    private const int MoveMinutes = 3; // shorter than a batch is valid, so that none counts as an outage
    private const int MostMoves = 80;
    private const int MostLooks = 500;

    private readonly RiskParameters _parameters = RiskParameters.Default;
    private readonly HouseListing _listing = LocalMarket.House.NewListing();
    private readonly Stack<IAsyncDisposable> _parts = [];
    private readonly Stack<TransactionSender> _senders = [];
    private readonly Dictionary<AccountNumber, string> _owners = [];
    private readonly IReadOnlyList<BuiltCircuit> _circuits;
    private readonly Action<LocalStep> _tell;
    private RegistrySubmitter _submitter = null!;
    private AttesterPolicy _policy = null!;
    private Outbox? _outbox;
    private Aggregator _aggregator = null!;
    private HouseEpochs _epochs = null!;
    private ulong _sequence;
    private ulong _orders;

    private LocalHouse(ChainWorkspace workspace, IReadOnlyList<BuiltCircuit> circuits, Action<LocalStep> tell) => (Workspace, _circuits, _tell) = (workspace, circuits, tell);

    public ChainWorkspace Workspace { get; }

    /// <summary>Of the gateway.</summary>
    public ScriptHost Host { get; private set; } = null!;

    public EthereumNode Node { get; private set; } = null!;

    public KeyFiles Keys { get; private set; } = null!;

    public ProtocolContracts Contracts { get; private set; } = null!;

    public HouseClient Client { get; private set; } = null!;

    /// <summary>Of the whole book.</summary>
    public HouseReader Reader { get; private set; } = null!;

    public LocalMarket Market { get; private set; } = null!;

    public LocalAttesters Attesters { get; private set; } = null!;

    /// <summary>The deployer's key: owner of the contracts, and whoever does what anybody may.</summary>
    public TransactionSender Relayer { get; private set; } = null!;

    /// <summary>Document in force.</summary>
    public RiskParameters Parameters => _parameters;

    /// <summary>Circuits whose proofs the chain takes.</summary>
    public IReadOnlyList<BuiltCircuit> Circuits => _circuits;

    /// <summary>Of batches and clearances.</summary>
    public Eip712Domain Domain => _policy.Domain;

    /// <summary>Contracts and coins, as the reader of the whole book has found them.</summary>
    public HouseListing Listing => _listing;

    /// <summary>The newest batch as a file would have it; null before the first.</summary>
    public BatchDocument? Current { get; private set; }

    /// <summary>Deploys, starts the attesters; no batch yet.</summary>
    /// <param name="workspace">files</param>
    /// <param name="seed">of market and scenarios</param>
    /// <param name="script">what happens in the market</param>
    /// <param name="tell">is given each step as it happens</param>
    /// <param name="cancel">gives up</param>
    /// <param name="circuits">whose proofs the chain takes; null: none</param>
    /// <param name="genesis">time of the chain's first block; null: now. A run that moves on faster than clocks, and is met by commands that go by theirs, begins in the past</param>
    /// <exception cref="PmsException">codes of its parts</exception>
    public static Task<LocalHouse> StartAsync(ChainWorkspace workspace, ulong seed, StressScript script, Action<LocalStep> tell, CancellationToken cancel, DateTimeOffset? genesis = null, IReadOnlyList<BuiltCircuit>? circuits = null) =>
        StartAsync(workspace, seed, new ScheduledScript(script, TimeSpan.Zero), genesis, null, circuits ?? [], tell, cancel);

    /// <summary>The same, with a market that begins with the chain.</summary>
    /// <param name="workspace">files</param>
    /// <param name="seed">of market and scenarios</param>
    /// <param name="script">what happens in the market, and when</param>
    /// <param name="startsAt">time of the chain's first block and of the market</param>
    /// <param name="circuits">whose proofs the chain takes</param>
    /// <param name="tell">is given each step as it happens</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="PmsException">codes of its parts</exception>
    public static Task<LocalHouse> StartAsync(ChainWorkspace workspace, ulong seed, ScheduledScript script, DateTimeOffset startsAt, IReadOnlyList<BuiltCircuit> circuits, Action<LocalStep> tell, CancellationToken cancel) =>
        StartAsync(workspace, seed, script, startsAt, startsAt, circuits, tell, cancel);

    private static async Task<LocalHouse> StartAsync(
        ChainWorkspace workspace, ulong seed, ScheduledScript script, DateTimeOffset? genesis, DateTimeOffset? marketFrom, IReadOnlyList<BuiltCircuit> circuits, Action<LocalStep> tell, CancellationToken cancel)
    {
        var house = new LocalHouse(workspace, circuits, tell);
        try
        {
            await house.StartAsync(seed, script, genesis, marketFrom, cancel).ConfigureAwait(false);
            return house;
        }
        catch
        {
            await house.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task StartAsync(ulong seed, ScheduledScript script, DateTimeOffset? genesis, DateTimeOffset? marketFrom, CancellationToken cancel)
    {
        Host = Workspace.NewHost();
        _parts.Push(Host);
        var anvil = await AnvilProcess.StartAsync(Workspace.Contracts, Host, 0, 0, cancel, startsAt: genesis).ConfigureAwait(false);
        _parts.Push(anvil);
        (Node, Keys) = (new EthereumNode(Host, anvil.Url), new KeyFiles(Host));
        // A block is a second later than the one before, however long it took: a run does not depend on the machine.
        await Node.RpcAsync("anvil_setBlockTimestampInterval", [1], cancel).ConfigureAwait(false);
        Relayer = NewSender(Workspace.EnsureDeployerKey());
        var members = await LocalAttesters.KeysAsync(Workspace, Keys, cancel).ConfigureAwait(false);
        var addresses = await LocalDeployment.RunAsync(Node, Relayer, Workspace.Artifacts, [.. members.Keys.Select(m => m.ToString())], _parameters.Hash(), await VerifiersAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        addresses.Write(Workspace.Deployment);
        LocalMarket.House.Write(Workspace.House);
        Contracts = new ProtocolContracts(addresses, Workspace.Artifacts);
        Client = new HouseClient(Node, Keys, Contracts);
        Reader = new HouseReader(Node, Contracts, _listing, LocalMarket.House.CoinDecimals);
        _epochs = BatchInputs.Epochs(_listing, _parameters);
        Tell("deployed", $"the protocol stands on a local chain: clearing house {Contracts.House.Address}, 4 attesters, 3 needed", null);

        Market = new LocalMarket(marketFrom ?? await NowAsync(cancel).ConfigureAwait(false), seed, script);
        _policy = new AttesterPolicy
        {
            Chain = new ChainId(addresses.ChainId),
            Registry = EvmAddress.Parse(Contracts.Registry.Address),
            BatchSeconds = ValidSeconds,
            ClearanceSeconds = ClearanceSeconds,
            CoinDecimals = LocalMarket.House.CoinDecimals,
        };
        var stores = await Workspace.LocalStoresAsync(Node, cancel).ConfigureAwait(false);
        Directory.CreateDirectory(stores);
        Attesters = await LocalAttesters.StartAsync(Workspace, stores, new ChainParts(Node, Keys, Contracts, LocalMarket.House), _policy, _parameters, Market, cancel).ConfigureAwait(false);
        _parts.Push(Attesters);
        _outbox = Outbox.Open(Path.Combine(stores, "outbox.db"));
        _submitter = new RegistrySubmitter(Node, Contracts, Relayer);
        _aggregator = new Aggregator(_policy.Domain, Attesters.Clients, Attesters.Collector, _submitter, _outbox, Market);
    }

    /// <summary>Verifiers of the circuits, as the deployment takes them; null where there are none.</summary>
    private async Task<JsonArray?> VerifiersAsync(CancellationToken cancel)
    {
        var setups = new JsonArray();
        foreach (var circuit in _circuits)
        {
            var parts = circuit.Instance.Shard is { } shard
                ? await BuiltCircuit.MakeAsync(ProofFlags.Tools(), CircuitInstance.Of(shard), ProofTarget.Circuit, null, ProverLimits.Default, cancel).ConfigureAwait(false)
                : null;
            setups.Add(await ProofCalls.DeployVerifierAsync(Node, Relayer, ProofFlags.Tools(), circuit, parts?.KeyHash, optimised: true, ProverLimits.Default, cancel).ConfigureAwait(false));
        }

        return setups.Count > 0 ? setups : null;
    }

    public async ValueTask DisposeAsync()
    {
        _outbox?.Dispose();
        while (_senders.TryPop(out var sender))
        {
            sender.Dispose();
        }

        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What a clearance by the batch in force says of itself.</summary>
    public ClearanceTerms ClearanceTerms(Batch batch) => new(Attesters.Set.Id, batch.Header.Sequence, UnixSeconds.Floor(Market.Clock), ClearanceSeconds, _epochs.ParameterHash);

    /// <summary>A trader that lets the engine pay for shares.</summary>
    public async Task<LocalKeeper> KeeperAsync(string name, CancellationToken cancel, int usd = 100_000)
    {
        var (sender, account) = await TraderAsync(name, usd, cancel).ConfigureAwait(false);
        await sender.SendAsync(EngineCalls.Approve(Contracts, account, UnixSeconds.Floor((await NowAsync(cancel).ConfigureAwait(false)).AddDays(30))), cancel).ConfigureAwait(false);
        return new LocalKeeper(name, sender, account);
    }

    /// <summary>A trader with gas, cash and an account.</summary>
    public async Task<(TransactionSender Sender, AccountNumber Account)> TraderAsync(string name, int usd, CancellationToken cancel)
    {
        var sender = await SenderAsync(name, cancel).ConfigureAwait(false);
        var address = await sender.AddressAsync(cancel).ConfigureAwait(false);
        var amount = new TokenAmount(usd * BigInteger.Pow(10, LocalMarket.House.CashDecimals));
        await Relayer.SendAsync(Contracts.Token(0), "mint", [address, $"{amount}"], cancel).ConfigureAwait(false);
        var account = await Client.OpenAccountAsync(sender, cancel).ConfigureAwait(false);
        _owners[account] = name;
        var receipt = await Client.DepositCashAsync(sender, account, amount, cancel).ConfigureAwait(false);
        Tell("deposit", $"{name} opens account {account} and deposits {usd} USD", receipt, ("account", $"{account}"), ("usd", $"{usd}"));
        return (sender, account);
    }

    /// <summary>An account with cash that governance names as the insurance account.</summary>
    /// <remarks>The call is the one that a vote would end in, from the timelock itself: a local chain lets anybody act for an address.</remarks>
    public async Task<AccountNumber> InsureAsync(int usd, CancellationToken cancel)
    {
        var (_, account) = await TraderAsync("insurance", usd, cancel).ConfigureAwait(false);
        var timelock = Contracts.Addresses.Parts["Timelock"];
        await Node.RpcAsync("anvil_setBalance", [timelock, "0x3635c9adc5dea00000"], cancel).ConfigureAwait(false);
        await Node.RpcAsync("anvil_impersonateAccount", [timelock], cancel).ConfigureAwait(false);
        var data = await Node.EncodeCallAsync(Contracts.House.Artifact, "setInsuranceAccount", [$"{account}"], cancel).ConfigureAwait(false);
        var hash = (string)(await Node.RpcAsync("eth_sendTransaction", [new JsonObject { ["from"] = timelock, ["to"] = Contracts.House.Address, ["data"] = data }], cancel).ConfigureAwait(false))!;
        await Node.RpcAsync("anvil_stopImpersonatingAccount", [timelock], cancel).ConfigureAwait(false);
        var receipt = await Node.ReceiptAsync(hash, cancel).ConfigureAwait(false);
        // The chain answers before the block is made.
        for (var look = 0; receipt is null && look < MostLooks; look++)
        {
            await Task.Delay(20, cancel).ConfigureAwait(false);
            receipt = await Node.ReceiptAsync(hash, cancel).ConfigureAwait(false);
        }

        if (receipt is not { Succeeded: true })
        {
            throw new InvalidInputException("local-run", $"account {account} was not named as the insurance account");
        }

        Tell("insured", $"governance names account {account} as the insurance account", receipt, ("account", $"{account}"));
        return account;
    }

    /// <summary>Lists a call some 5 % above the market with a month to go, and the perpetual (<see cref="PerpetualId"/>).</summary>
    public async Task<InstrumentId> ListCallAsync(CancellationToken cancel)
    {
        var family = UnderlyingId.Linear(new Asset("BTC"), LocalMarket.House.Cash);
        var board = Market.Snapshot().Boards.Single(b => b.Id == family);
        var index = board.Index!.Value.Price;
        var option = board.Expiries.SelectMany(e => e.Options).Select(q => (EuropeanOption)q.Instrument)
            .Where(o => o.Type == OptionType.Call && o.Expiry > Market.Now.AddDays(20))
            .OrderBy(o => o.Expiry).ThenBy(o => Math.Abs(o.StrikeValue - (1.05 * index))).First();
        foreach (var terms in new[] { _listing.TermsOf(option), _listing.TermsOf(new Perpetual(family)) })
        {
            await Client.ListAsync(Relayer, terms, cancel).ConfigureAwait(false);
        }

        Tell("listed", $"{option.Name} and {new Perpetual(family).Name} are listed", null);
        return _listing.TermsOf(option).Id();
    }

    /// <summary>The perpetual that <see cref="ListCallAsync"/> lists, too.</summary>
    public InstrumentId PerpetualId => _listing.TermsOf(new Perpetual(UnderlyingId.Linear(new Asset("BTC"), LocalMarket.House.Cash))).Id();

    /// <summary>Board, margins, signatures, batch on the chain.</summary>
    public async Task<Batch> EpochAsync(DateTimeOffset at, CancellationToken cancel)
    {
        await MoveClockAsync(at, cancel).ConfigureAwait(false);
        var (batch, outcome, receipt) = await PublishAsync(Market.Snapshot(), cancel).ConfigureAwait(false);
        if (outcome.Progress != BatchProgress.Accepted)
        {
            throw new InvalidInputException("batch-lost", $"{outcome.Reason}; {string.Join("; ", outcome.Refusals.Select(r => r.Reason.ToString()).Distinct())}");
        }

        Tell(
            "batch",
            $"batch {_sequence}: {batch.Leaves.Length} accounts, BTC {Usd(batch.Prices[0].ToWad()):n0}, total maintenance {Usd(batch.Header.TotalMaintenance):n0} USD, signed by {Attesters.Set.Quorum} of {Attesters.Set.Members.Length}",
            receipt,
            ("sequence", $"{_sequence}"), ("accountsRoot", $"{batch.Header.AccountsRoot}"), ("btcUsd", $"{Usd(batch.Prices[0].ToWad())}"));
        return batch;
    }

    /// <summary>A batch of a market, as far as it comes: signed by attesters that each work from their own market and their own view of the chain, not from the proposer's numbers.</summary>
    public async Task<(Batch Batch, BatchOutcome Outcome, TransactionReceipt? Receipt)> PublishAsync(MarketSnapshot snapshot, CancellationToken cancel)
    {
        if (_outbox!.Unfinished is not null)
        {
            await _aggregator.ResumeAsync(Attesters.Set, cancel).ConfigureAwait(false);
        }

        var book = await Reader.ReadAsync(cancel).ConfigureAwait(false);
        var batch = _epochs.BatchOf(snapshot, book, new BatchTerms(Attesters.Set.Id, new BatchSequence(++_sequence), ValidSeconds));
        var board = SnapshotBytes.Write(snapshot);
        var outcome = await _aggregator.PublishAsync(new ProposedBatch(batch.Header, batch.Prices, board), Attesters.Set, cancel).ConfigureAwait(false);
        if (outcome.Progress == BatchProgress.Accepted)
        {
            Current = BatchDocument.Of(_policy.Domain, batch, board) with { Signatures = outcome.Signatures };
        }

        return (batch, outcome, outcome.Progress == BatchProgress.Accepted ? _submitter.Receipt : null);
    }

    /// <summary>From here on market and chain go with the clock; before, each block was a second later than the last.</summary>
    public async Task GoLiveAsync(TimeProvider clock, CancellationToken cancel)
    {
        await Node.RpcAsync("anvil_removeBlockTimestampInterval", [], cancel).ConfigureAwait(false);
        await Node.RpcAsync("evm_setNextBlockTimestamp", [clock.GetUtcNow().ToUnixTimeSeconds()], cancel).ConfigureAwait(false);
        await Node.RpcAsync("anvil_mine", ["0x1"], cancel).ConfigureAwait(false);
        Market.GoWith(clock);
    }

    /// <summary>One account sells a contract to another at its mark. The attesters sign only if both accounts can bear it; the chain is asked in any case.</summary>
    public async Task<bool> TradeAsync(string name, AccountNumber seller, AccountNumber buyer, InstrumentId instrument, decimal quantity, Batch batch, CancellationToken cancel)
    {
        Market.Clock = await NowAsync(cancel).ConfigureAwait(false);
        var size = QuantityWad.Of(quantity);
        var price = batch.Rows.MarkOf(instrument);
        var match = new Match(NewOrder(buyer, instrument, size, price), NewOrder(seller, instrument, -size, price), size, price);
        var (clearance, accounts, answer) = await AskAsync(new Trade([match]), batch, cancel).ConfigureAwait(false);
        var writer = accounts.Single(a => a.Message.Account == seller);
        var isCleared = answer.Signatures.Count >= Attesters.Set.Quorum;
        var what = $"account {seller} sells {quantity} contracts at {Usd(price):n2}: initial margin {Usd(writer.After.Initial):n0}, equity {writer.After.Equity.ToUsd():n0}";
        if (!isCleared)
        {
            Tell($"{name}-by-attesters", $"{what}: the attesters do not sign ({answer.Refusals[0].Reason.Code})", null, ("code", answer.Refusals[0].Reason.Code), ("initial", $"{writer.After.Initial}"), ("equity", $"{writer.After.Equity}"));
        }

        // Without the attesters' consent their keys sign here all the same: the chain compares equity and margin itself.
        var proof = isCleared ? QuorumProof.Of(Attesters.Set, answer.Signatures) : await Attesters.SignUncheckedAsync(Domain.DigestOf(clearance), cancel).ConfigureAwait(false);
        var signed = new SignedMatch(match, await Client.SignAsync(match.Buy, Workspace.Key(_owners[buyer]), cancel).ConfigureAwait(false), await Client.SignAsync(match.Sell, Workspace.Key(_owners[seller]), cancel).ConfigureAwait(false));
        try
        {
            var receipt = await Client.TradeAsync(Relayer, [signed], clearance, proof, cancel).ConfigureAwait(false);
            Tell(name, what, receipt, ("initial", $"{writer.After.Initial}"), ("equity", $"{writer.After.Equity}"));
            return true;
        }
        catch (RevertException refusal)
        {
            Tell(name, $"the chain refuses it even when their keys are made to sign: {refusal.Error}", null, ("error", refusal.Error), ("arguments", refusal.Arguments));
            return false;
        }
    }

    /// <summary>An order of the next nonce, good for an hour of the market's clock.</summary>
    /// <param name="account">whose</param>
    /// <param name="instrument">contract</param>
    /// <param name="quantity">bought positive</param>
    /// <param name="limit">per unit</param>
    public Order NewOrder(AccountNumber account, InstrumentId instrument, QuantityWad quantity, UnitPriceWad limit) => new()
    {
        Account = account,
        Instrument = instrument,
        Quantity = quantity,
        LimitPrice = limit,
        Expiry = UnixSeconds.Floor(Market.GetUtcNow()).Plus(3_600),
        Nonce = ++_orders,
        Matcher = default,
    };

    /// <summary>Works out what a trade would leave of its accounts, and asks the attesters to clear it.</summary>
    public async Task<(Clearance Clearance, ImmutableArray<ClearedAccount> Accounts, Collected Answer)> AskAsync(Trade trade, Batch batch, CancellationToken cancel)
    {
        var book = await Reader.ReadAsync(cancel).ConfigureAwait(false);
        var fee = (UInt128)await Client.ParameterAsync("tradeFeeWad", cancel).ConfigureAwait(false);
        var (clearance, accounts) = ClearanceBuilder.OfTrade(batch.Rows, book, trade, ClearanceTerms(batch), fee);
        return (clearance, accounts, await Attesters.CollectAsync(Domain.DigestOf(clearance), new ClearanceProposal(clearance, trade), cancel).ConfigureAwait(false));
    }

    /// <summary>The writer takes out cash until 3 % above the initial margin is left.</summary>
    public async Task WithdrawToAsync(TransactionSender sender, AccountNumber account, Batch batch, CancellationToken cancel)
    {
        var book = await Reader.ReadAsync(cancel).ConfigureAwait(false);
        var requirement = HouseRequirement.Of(batch.Rows, book.Accounts.Single(a => a.Number == account), book.FundingIndices);
        var spare = requirement.Equity.Units - ((Int128)requirement.Initial.Units / 100 * 103);
        var amount = new TokenAmount((BigInteger)(spare / Wad.PerMoney));
        if (amount.Units.Sign <= 0)
        {
            return;
        }

        var receipt = await Client.WithdrawCashAsync(sender, account, amount, EvmAddress.Parse(await sender.AddressAsync(cancel).ConfigureAwait(false)), batch, cancel).ConfigureAwait(false);
        Tell("withdrawal", $"account {account} withdraws {amount.ToDecimal(LocalMarket.House.CashDecimals):n0} USD against its leaf; {Usd(requirement.Initial):n0} USD of initial margin stay covered", receipt, ("units", $"{amount}"));
    }

    /// <summary>The market rises; batches follow it until the house finds the writer in a state, or in a worse one.</summary>
    public async Task<Batch> UntilAsync(HouseMarginState wanted, string name, AccountNumber account, CancellationToken cancel)
    {
        var at = await NowAsync(cancel).ConfigureAwait(false);
        for (var move = 0; move < MostMoves; move++)
        {
            at = at.AddMinutes(MoveMinutes);
            var batch = await EpochAsync(at, cancel).ConfigureAwait(false);
            var state = await Client.CheckAsync(Relayer, account, batch, cancel).ConfigureAwait(false);
            if (state >= wanted)
            {
                Tell(name, $"account {account} is recorded as {state}", null, ("state", $"{state}"), ("account", $"{account}"));
                return batch;
            }
        }

        throw new InvalidInputException("local-run", $"account {account} was not found {wanted} within {MostMoves} moves of the market");
    }

    /// <summary>A sender with gas and nothing else.</summary>
    public async Task<TransactionSender> SenderAsync(string name, CancellationToken cancel)
    {
        var address = await Workspace.EnsureKeyAsync(Keys, name, cancel).ConfigureAwait(false);
        await Node.RpcAsync("anvil_setBalance", [address, "0x3635c9adc5dea00000"], cancel).ConfigureAwait(false);
        return NewSender(Workspace.Key(name));
    }

    private TransactionSender NewSender(string keyFile)
    {
        var sender = new TransactionSender(Node, Keys, keyFile, TimeProvider.System, FeePolicy.Default with { Poll = TimeSpan.FromMilliseconds(20) });
        _senders.Push(sender);
        return sender;
    }

    public async Task<DateTimeOffset> NowAsync(CancellationToken cancel) => DateTimeOffset.FromUnixTimeSeconds((long)(await Node.LatestAsync(cancel).ConfigureAwait(false)).Timestamp);

    /// <summary>Brings market and chain to an instant, which is one block.</summary>
    private async Task MoveClockAsync(DateTimeOffset at, CancellationToken cancel)
    {
        var now = await NowAsync(cancel).ConfigureAwait(false);
        Market.Now = at > now ? at : now.AddSeconds(1);
        await Node.RpcAsync("evm_setNextBlockTimestamp", [Market.Now.ToUnixTimeSeconds()], cancel).ConfigureAwait(false);
        await Node.RpcAsync("anvil_mine", ["0x1"], cancel).ConfigureAwait(false);
    }

    public void Tell(string name, string text, TransactionReceipt? receipt, params IEnumerable<(string Name, string Value)> values) =>
        _tell(new LocalStep(name, text, receipt?.GasUsed, values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal)));

    private static decimal Usd(UnsignedWad wad) => wad.ToSigned().ToUsd();

    private static decimal Usd(UnitPriceWad wad) => new Wad((Int128)wad.Units).ToUsd();
}
