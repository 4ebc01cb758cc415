package dev.millrace.ledger.openapi;

import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.swagger.v3.oas.models.servers.Server;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.customizers.OperationCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.method.HandlerMethod;

/** Adds the bearer token to the description, and the problems that an endpoint declares with {@link Problems}. */
@Configuration(proxyBeanMethods = false)
public class OpenApiConfiguration {
    private static final String BEARER = "bearer";
    private static final String PROBLEM = "Problem";

    private static final List<Problem> ANYWHERE = List.of(
            Problem.UNAUTHENTICATED,
            Problem.FORBIDDEN,
            Problem.INTERNAL,
            Problem.IDENTITY_UNAVAILABLE,
            Problem.LEDGER_UNAVAILABLE);

    @Bean
    OpenAPI ledgerApi() {
        return new OpenAPI()
                .info(new Info()
                        .title("Millrace ledger")
                        .version("v1")
                        .description("What creators have earned, live, and the catalogue that prices it. A creator's"
                                + " data take a bearer token whose 'sub' is the creator, or the scope 'ledger.read'."
                                + " A publisher's take 'publisher:<id>'. Administration takes 'ledger.keys', 'ledger.rates' or"
                                + " 'ledger.money'; 'ledger.admin' is all of them. A refusal names the scope that is missing."
                                + " All errors are RFC 9457 problem details: decide by 'code'."))
                .servers(List.of(new Server().url("/"))) // Where it was read from, whatever name a client says that is.
                .addSecurityItem(new SecurityRequirement().addList(BEARER))
                .components(new Components()
                        .addSecuritySchemes(
                                BEARER,
                                new SecurityScheme()
                                        .type(SecurityScheme.Type.HTTP)
                                        .scheme("bearer")
                                        .bearerFormat("JWT"))
                        .addSchemas(PROBLEM, problemSchema()));
    }

    private static Schema<?> problemSchema() {
        Schema<?> problem = new ObjectSchema()
                .addProperty("type", new StringSchema().format("uri").example("urn:millrace:problem:creator-unknown"))
                .addProperty("title", new StringSchema())
                .addProperty("status", new IntegerSchema())
                .addProperty("detail", new StringSchema().description("what is wrong this time"))
                .addProperty("instance", new StringSchema().format("uri"))
                .addProperty("code", new StringSchema().example("creator-unknown"));
        problem.setRequired(List.of("type", "title", "status", "detail", "code"));
        return problem;
    }

    @Bean
    OperationCustomizer problems() {
        return OpenApiConfiguration::withProblems;
    }

    /** Marks all fields as required but nullable ones. */
    @Bean
    OpenApiCustomizer requiredFields() {
        return api -> api.getComponents().getSchemas().values().forEach(OpenApiConfiguration::requireFields);
    }

    private static void requireFields(Schema<?> schema) {
        if (schema.getRequired() == null && schema.getProperties() != null) {
            schema.setRequired(schema.getProperties().keySet().stream()
                    .filter(field -> !isNullable(schema.getProperties().get(field)))
                    .toList());
        }
    }

    private static boolean isNullable(@Nullable Schema<?> field) {
        return field != null && field.getTypes() != null && field.getTypes().contains("null");
    }

    private static Operation withProblems(Operation operation, HandlerMethod endpoint) {
        Problems declared = endpoint.getMethodAnnotation(Problems.class);
        Stream.of(
                        ANYWHERE.stream(),
                        ofMethod(endpoint),
                        declared == null ? Stream.<Problem>empty() : Stream.of(declared.value()))
                .flatMap(problems -> problems)
                .sorted(Comparator.naturalOrder())
                .collect(Collectors.groupingBy(Problem::status, TreeMap::new, Collectors.toList()))
                .forEach((status, problems) ->
                        operation.getResponses().addApiResponse(Integer.toString(status.value()), response(problems)));
        return operation;
    }

    /** A request that changes something is refused where it has a parameter too many. */
    private static Stream<Problem> ofMethod(HandlerMethod endpoint) {
        RequestMapping mapping = endpoint.getMethodAnnotation(RequestMapping.class);
        boolean reads = mapping != null && List.of(mapping.method()).contains(RequestMethod.GET);
        return reads ? Stream.empty() : Stream.of(Problem.PARAMETER_UNKNOWN);
    }

    private static ApiResponse response(List<Problem> problems) {
        return new ApiResponse()
                .description(problems.stream()
                        .map(problem -> "`%s`: %s".formatted(problem.code(), problem.title()))
                        .collect(Collectors.joining("; ")))
                .content(new Content()
                        .addMediaType(
                                "application/problem+json",
                                new MediaType().schema(new Schema<>().$ref("#/components/schemas/" + PROBLEM))));
    }
}
