using Pms.Server.Api;

namespace Pms.Server.Rpc;

/// <summary>A method of the WebSocket API.</summary>
/// <param name="Name">with public/ or private/ before it</param>
/// <param name="Summary">for people; with units where there are any</param>
/// <param name="Scopes">what the caller's key must open</param>
/// <param name="Params">names that it reads</param>
/// <param name="Answer">answers one call</param>
/// <param name="IsLight">takes no time worth waiting for a place at work</param>
internal sealed record RpcMethod(string Name, string Summary, ApiScopes Scopes, IReadOnlyList<RpcParam> Params, Func<RpcCall, ApiAnswer> Answer, bool IsLight = false)
{
    public IReadOnlyList<string> ParamNames { get; } = [.. Params.Select(p => p.Name)];
}

/// <param name="Name">in snake_case</param>
/// <param name="Type">as JSON schema calls it</param>
/// <param name="Description">meaning and unit</param>
/// <param name="IsRequired">a call without it is refused</param>
internal sealed record RpcParam(string Name, string Type, string Description, bool IsRequired = false);

/// <summary>One call of a method by a connection.</summary>
internal sealed record RpcCall(RpcSession Session, RpcParams Params)
{
    public long? Epoch => Params.Whole("epoch");

    public string Account => Params.TextRequired("account");
}
