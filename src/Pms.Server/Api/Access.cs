using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pms.Primitives;

namespace Pms.Server.Api;

/// <summary>What a route needs of its caller.</summary>
internal sealed record AccessRule(ApiScopes Scopes);

/// <summary>Who may call what.</summary>
internal static class Access
{
    private static readonly AccessRule Reading = new(ApiScopes.Read);

    public static RouteHandlerBuilder RequireWriting(this RouteHandlerBuilder route) => route.WithMetadata(new AccessRule(ApiScopes.Write));

    public static RouteHandlerBuilder AllowAnonymousReading(this RouteHandlerBuilder route) => route.WithMetadata(new AccessRule(ApiScopes.None));

    /// <summary>Lets through who has the scopes of the route; a route without a rule needs reading.</summary>
    public static async Task Check(HttpContext context, RequestDelegate next, ServerOptions options)
    {
        if (options.Keys.IsEmpty && !IsLoopback(context.Request.Host.Host))
        {
            // A page from elsewhere may point its own name at this machine: without keys, the name is what tells it apart.
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "host", $"the host '{PrintableText.Of(context.Request.Host.Host)}' is not this machine's loopback: keys are required to be called by another name").ConfigureAwait(false);
            return;
        }

        if (options.Keys.IsEmpty || !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var needed = (context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() ?? Reading).Scopes;
        var authorization = context.Request.Headers.Authorization.ToString();
        var given = ApiKey.ScopesOf(options.Keys, authorization);
        if ((given & needed) == needed)
        {
            await next(context).ConfigureAwait(false);
        }
        else if (given == ApiScopes.None)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Problems.WriteAsync(context, StatusCodes.Status401Unauthorized, "key", authorization.Length == 0 ? "a key is required: Authorization: Bearer KEY" : "the key is not known").ConfigureAwait(false);
        }
        else
        {
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "scope", $"the key opens {given}: {needed} is required").ConfigureAwait(false);
        }
    }

    private static bool IsLoopback(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
