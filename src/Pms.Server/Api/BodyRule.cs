using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Pms.Server.Api;

/// <summary>What the body of a request is read as, for the OpenAPI document alone.</summary>
/// <remarks>The routing's own metadata (<c>Accepts</c>) would make a request without a content type fall through to the route of unknown paths.</remarks>
internal sealed record BodyRule(Type Type);

/// <summary>Request bodies in the OpenAPI document.</summary>
internal static class BodyRules
{
    public static RouteHandlerBuilder TakesBody<T>(this RouteHandlerBuilder route) => route.WithMetadata(new BodyRule(typeof(T)));

    /// <summary>Writes the body of every route that takes one.</summary>
    public static void AddBodies(OpenApiOptions options) => options.AddOperationTransformer(async (operation, context, cancel) =>
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<BodyRule>().FirstOrDefault() is { } rule)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/json"] = new() { Schema = await context.GetOrCreateSchemaAsync(rule.Type, parameterDescription: null, cancel).ConfigureAwait(false) },
                },
            };
        }
    });
}
