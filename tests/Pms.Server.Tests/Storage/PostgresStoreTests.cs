using Pms.Primitives;
using Pms.Server.Storage;

namespace Pms.Server.Tests.Storage;

public sealed class PostgresStoreTests : StoreTests, IClassFixture<PostgresCluster>
{
    private readonly PostgresCluster _cluster;
    private readonly string _url;

    public PostgresStoreTests(PostgresCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        Assert.SkipUnless(PostgresCluster.IsInstalled, $"PostgreSQL's programs are not in {PostgresCluster.Programs}: apt-get install postgresql brings them");
        (_cluster, _url) = (cluster, cluster.NewDatabase());
    }

    protected override IRiskStore Open() => PostgresStore.Open(_url);

    protected override int Change(string sql) => PostgresCluster.Run(_url, sql);

    protected override void Break(IRiskStore store) => Disconnect();

    [Fact]
    public void SRV06_Reading_AfterTheConnectionWasLost_IsATypedErrorAndNothingIsWrittenAfterIt()
    {
        using var store = Open();
        store.Append(new NewRecord(RecordKind.AccountRemoved, 1, "a"u8.ToArray(), "k"));
        Disconnect();
        Should.Throw<StoreException>(() => store.Records(0, 1)).Code.ShouldBe("store-failed");
        Should.Throw<StoreException>(() => store.Records(0, 1)).Code.ShouldBe("store-failed");
        using var next = Open();
        Should.Throw<StoreException>(() => store.Append(new NewRecord(RecordKind.AccountRemoved, 1, "b"u8.ToArray()))).Code.ShouldBe("store-failed");
        next.Append(new NewRecord(RecordKind.AccountRemoved, 2, "a"u8.ToArray(), "k")).IsRepeat.ShouldBeTrue();
    }

    [Theory]
    [InlineData("nonsense", "store-url")]
    [InlineData("Port=many", "store-url")]
    [InlineData("Host=/nowhere;Username=pms;Password=secret-word", "store-unreachable")]
    public void Open_WhatIsNoDatabase_IsATypedErrorWithoutThePassword(string url, string code)
    {
        var error = Should.Throw<InvalidInputException>(() => PostgresStore.Open(url));
        error.Code.ShouldBe(code);
        error.ToString().ShouldNotContain("secret-word");
    }

    [Fact]
    public void Open_ADatabaseThatMayForget_IsRefused()
    {
        PostgresCluster.Run(_cluster.Maintenance, "ALTER SYSTEM SET fsync = off");
        PostgresCluster.Run(_cluster.Maintenance, "SELECT pg_reload_conf()");
        try
        {
            Until(() => { using var store = Open(); }, "store-durability");
        }
        finally
        {
            PostgresCluster.Run(_cluster.Maintenance, "ALTER SYSTEM RESET fsync");
            PostgresCluster.Run(_cluster.Maintenance, "SELECT pg_reload_conf()");
        }

        Until(() => { using var store = Open(); }, null);
    }

    /// <summary>The server reads its settings again at its own pace.</summary>
    private static void Until(Action attempt, string? code)
    {
        for (var n = 0; ; n++)
        {
            try
            {
                attempt();
                if (code is null)
                {
                    return;
                }
            }
            catch (InvalidInputException e) when (e.Code == code)
            {
                return;
            }
            catch (InvalidInputException) when (code is null && n < 50)
            {
            }

            n.ShouldBeLessThan(50, code ?? "opened");
            Thread.Sleep(100);
        }
    }

    /// <summary>Ends the store's connection, as a database does that is restarted.</summary>
    private void Disconnect() => _cluster.EndConnections(_url);
}
