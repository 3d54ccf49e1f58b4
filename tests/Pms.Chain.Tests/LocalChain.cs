using Pms.Chain.Contracts;
using Pms.Chain.Local;
using Pms.Chain.Nodes;
using Pms.Chain.Transactions;
using Pms.Testing;

namespace Pms.Chain.Tests;

/// <summary>One local chain and gateway for a test class; skipped with the reason where node's packages are not installed.</summary>
public sealed class LocalChain : IAsyncLifetime
{
    private AnvilProcess? _anvil;
    private string _folder = "";

    public ScriptHost Host { get; private set; } = null!;

    public EthereumNode Node { get; private set; } = null!;

    public KeyFiles Keys { get; private set; } = null!;

    public string KeyFile { get; private set; } = "";

    public static string Artifacts => Path.Combine(RepositoryPaths.Root, "contracts", "out");

    public static string Gateway => Path.Combine(RepositoryPaths.Root, "src", "Pms.Chain", "node", "dist", "gateway.js");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists(Gateway), "the chain gateway is not built: tools/node.sh builds it");
        _folder = Directory.CreateTempSubdirectory("pms-chain-").FullName;
        Host = new ScriptHost(Gateway);
        Keys = new KeyFiles(Host);
        KeyFile = Path.Combine(_folder, "deployer.key");
        KeyFiles.Write(KeyFile, AnvilProcess.WellKnownKey);
        _anvil = await AnvilProcess.StartAsync(Path.Combine(RepositoryPaths.Root, "contracts"), Host, 0, 0, TestContext.Current.CancellationToken);
        Node = new EthereumNode(Host, _anvil.Url);
    }

    public TransactionSender Sender(FeePolicy? policy = null) => new(Node, Keys, KeyFile, TimeProvider.System, (policy ?? FeePolicy.Default) with { Poll = TimeSpan.FromMilliseconds(20) });

    public static ContractArtifact Probe() => ContractArtifact.Read(Artifacts, "Probe");

    public async ValueTask DisposeAsync()
    {
        if (_anvil is not null)
        {
            await _anvil.DisposeAsync();
        }

        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        if (_folder.Length > 0)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
