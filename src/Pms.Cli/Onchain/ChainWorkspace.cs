using Pms.Chain.Local;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>Where a local chain's files lie: compiled contracts, gateway, deployment, keys.</summary>
/// <param name="Root">of the repository</param>
/// <param name="Folder">of deployment and keys</param>
internal sealed record ChainWorkspace(string Root, string Folder)
{
    public const string DefaultUrl = "http://127.0.0.1:8545";

    public string Contracts => Path.Combine(Root, "contracts");

    public string Artifacts => Path.Combine(Contracts, "out");

    public string Deployment => Path.Combine(Folder, "deployment.json");

    public string House => Path.Combine(Folder, "house.json");

    /// <summary>The repository that the program was built in; PMS_ROOT says otherwise.</summary>
    /// <param name="folder">null: artifacts/chain</param>
    /// <exception cref="InvalidInputException"><c>chain-root</c>: no contracts found</exception>
    public static ChainWorkspace Find(string? folder)
    {
        var root = Environment.GetEnvironmentVariable("PMS_ROOT");
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); root is null && at is not null; at = at.Parent)
        {
            root = File.Exists(Path.Combine(at.FullName, "contracts", "foundry.toml")) ? at.FullName : null;
        }

        return root is null
            ? throw new InvalidInputException("chain-root", "the folder contracts/ was not found above the program: set PMS_ROOT to the repository")
            : new ChainWorkspace(root, folder ?? Path.Combine(root, "artifacts", "chain"));
    }

    /// <exception cref="ChainException"><c>gateway-missing</c></exception>
    public ScriptHost NewHost() => new(Path.Combine(Root, "src", "Pms.Chain", "node", "dist", "gateway.js"));

    /// <summary>File of a key: a path is taken as it is, a name lies in the folder.</summary>
    public string Key(string nameOrPath) => nameOrPath.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) || nameOrPath.EndsWith(".key", StringComparison.Ordinal)
        ? nameOrPath
        : Path.Combine(Folder, "keys", $"{nameOrPath}.key");

    /// <summary>Folder of what was signed or begun on a local chain: these begin again and again with the same addresses on them, so it has the name of the chain's first block.</summary>
    public async Task<string> LocalStoresAsync(EthereumNode node, CancellationToken cancel) =>
        Path.Combine(Folder, "stores", (await node.BlockAsync(0, cancel).ConfigureAwait(false))!.Hash[2..18]);

    /// <summary>Makes a key where there is none yet.</summary>
    public async Task<string> EnsureKeyAsync(KeyFiles keys, string name, CancellationToken cancel) =>
        File.Exists(Key(name)) ? await keys.AddressAsync(Key(name), cancel).ConfigureAwait(false) : await keys.CreateAsync(Key(name), cancel).ConfigureAwait(false);

    /// <summary>The key that a local chain funds.</summary>
    /// <returns>its path</returns>
    public string EnsureDeployerKey()
    {
        var path = Key("deployer");
        if (!File.Exists(path))
        {
            KeyFiles.Write(path, AnvilProcess.WellKnownKey);
        }

        return path;
    }

    /// <exception cref="InvalidInputException"><c>file-not-found</c>, <c>deployment-file</c></exception>
    public ProtocolContracts ReadDeployment() => new(ProtocolAddresses.Read(Deployment), Artifacts);
}
