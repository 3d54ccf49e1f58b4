using Microsoft.Data.Sqlite;
using Pms.Server.Storage;

namespace Pms.Server.Tests.Storage;

public sealed class SqliteStoreTests : StoreTests, IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("pms-store-tests-").FullName, "server.db");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    protected override IRiskStore Open() => SqliteStore.Open(_path);

    protected override int Change(string sql) => Change(_path, sql);

    protected override void Break(IRiskStore store) => ((SqliteStore)store).LimitPages(1);

    internal static int Change(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }
}
