using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Pms.Documents;

namespace Pms.Server.Api;

/// <summary>What the body of a request is read as, for the OpenAPI document alone.</summary>
/// <remarks>The routing's own metadata (<c>Accepts</c>) would make a request without a content type fall through to the route of unknown paths.</remarks>
internal sealed record BodyRule(Type Type);

/// <summary>What a route answers.</summary>
/// <param name="Type">null: no document of this server's</param>
/// <param name="ContentType">of the answer</param>
internal sealed record AnswerRule(Type? Type, string ContentType);

/// <summary>Bodies and answers of routes.</summary>
internal static class OpenApiRoutes
{
    internal const string Json = "application/json";

    public static RouteHandlerBuilder TakesBody<T>(this RouteHandlerBuilder route) => route.WithMetadata(new BodyRule(typeof(T)));

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route) => route.WithMetadata(new AnswerRule(typeof(T), Json));

    /// <summary>An answer that is no JSON, or JSON of a format that is described elsewhere.</summary>
    public static RouteHandlerBuilder AnswersFile(this RouteHandlerBuilder route, string contentType) => route.WithMetadata(new AnswerRule(null, contentType));
}

/// <summary>The OpenAPI document: paths and parameters as they are routed, bodies, answers and errors by the types that are read and written.</summary>
internal sealed class OpenApiFile
{
    private const string Name = "v1";

    private readonly DocumentSchemas _schemas = new();

    public void AddTo(IServiceCollection services) => services.AddOpenApi(Name, o => o.AddOperationTransformer((operation, context, _) =>
    {
        Describe(operation, context);
        return Task.CompletedTask;
    }));

    public void Map(IEndpointRouteBuilder routes)
    {
        var provider = routes.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name);
        var file = new Lazy<Task<byte[]>>(() => WriteAsync(provider));
        routes.MapGet($"/openapi/{Name}.json", async () => Results.Bytes(await file.Value.ConfigureAwait(false), OpenApiRoutes.Json)).ExcludeFromDescription();
    }

    private void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<BodyRule>().FirstOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = Content(OpenApiRoutes.Json, body.Type) };
        }

        var answer = metadata.OfType<AnswerRule>().FirstOrDefault() ?? throw new InvalidOperationException($"{context.Description.RelativePath} does not say what it answers");
        operation.Responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse { Description = "OK", Content = Content(answer.ContentType, answer.Type) },
            ["default"] = new OpenApiResponse { Description = "A refusal (RFC 9457), with its stable code", Content = Content(Problems.MediaType, typeof(ProblemDocument)) },
        };
    }

    private Dictionary<string, OpenApiMediaType> Content(string mediaType, Type? type) => new(StringComparer.Ordinal)
    {
        [mediaType] = new() { Schema = type is not null && _schemas.ComponentOf(type) is { } name ? new OpenApiSchemaReference(name) : null },
    };

    private async Task<byte[]> WriteAsync(IOpenApiDocumentProvider provider)
    {
        var document = await provider.GetOpenApiDocumentAsync().ConfigureAwait(false);
        var file = JsonNode.Parse(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1).ConfigureAwait(false))!;
        if (file["components"] is not JsonObject components)
        {
            file["components"] = components = [];
        }

        if (components["schemas"] is not JsonObject schemas)
        {
            components["schemas"] = schemas = [];
        }

        _schemas.AddTo(schemas);
        return Encoding.UTF8.GetBytes(file.ToJsonString(DocumentJson.Options));
    }
}
