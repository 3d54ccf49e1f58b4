using System.Text;
using System.Text.Json;

namespace Pms.Connectors.Deribit;

/// <summary>Requests as Deribit's JSON-RPC wants them, in UTF-8.</summary>
internal static class DeribitRequests
{
    public static byte[] Heartbeat(long id, TimeSpan interval) =>
        Bytes($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"public/set_heartbeat\",\"params\":{{\"interval\":{(int)interval.TotalSeconds}}}}}");

    public static byte[] Test(long id) => Bytes($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"public/test\",\"params\":{{}}}}");

    public static byte[] Instruments(long id, string currency) =>
        Bytes($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"public/get_instruments\",\"params\":{{\"currency\":\"{currency}\",\"expired\":false}}}}");

    public static byte[] Subscribe(long id, IReadOnlyList<string> channels) => Channels(id, "public/subscribe", channels);

    public static byte[] Unsubscribe(long id, IReadOnlyList<string> channels) => Channels(id, "public/unsubscribe", channels);

    public static byte[] UnsubscribeAll(long id) => Bytes($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"public/unsubscribe_all\",\"params\":{{}}}}");

    private static byte[] Channels(long id, string method, IReadOnlyList<string> channels) =>
        Bytes($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":{{\"channels\":{JsonSerializer.Serialize(channels)}}}}}");

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
