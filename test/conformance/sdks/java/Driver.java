import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.AwsResponse;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.core.traits.MapTrait;
import software.amazon.awssdk.core.util.SdkAutoConstructList;
import software.amazon.awssdk.core.util.SdkAutoConstructMap;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.cloudtrail.CloudTrailClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.utils.builder.SdkBuilder;

/** Makes the calls that it reads with the AWS SDK for Java v2: see ../driver.ts for what it reads and writes. */
final class Driver {
    private final Map<String, JsonNode> setup;
    private final Map<String, Object> clients = new HashMap<>();

    private Driver(Map<String, JsonNode> setup) {
        this.setup = setup;
    }

    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var driver = new Driver(JsonNode.parser().parse(lines.readLine()).asObject());
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            var text = JsonWriter.create();
            write(text, driver.answer(JsonNode.parser().parse(line).asObject()));
            System.out.write(text.getBytes());
            System.out.write('\n');
            System.out.flush();
        }
    }

    private Map<String, Object> answer(Map<String, JsonNode> asked) throws Exception {
        var service = asked.get("service").asString();
        var operation = asked.get("operation").asString();
        var client = clients.computeIfAbsent(
                service + " " + asked.get("as").asString(), (key) -> newClient(service, asked.get("as").asString()));
        var method = methodOf(client, operation);
        if (method == null) return Map.of("unsupported", "there is no " + operation);
        Object request;
        try {
            request = pojo(method.getParameterTypes()[0], asked.get("input").asObject());
        } catch (IllegalArgumentException error) {
            return Map.of("unsupported", error.getMessage());
        }
        try {
            var response = (AwsResponse) method.invoke(client, request);
            return Map.of(
                    "ok", true, "requestId", response.responseMetadata().requestId(), "output", neutral(response));
        } catch (InvocationTargetException error) {
            if (error.getCause() instanceof AwsServiceException refusal) return refused(refusal);
            return Map.of("failed", String.valueOf(error.getCause()));
        }
    }

    private static Map<String, Object> refused(AwsServiceException error) {
        var details = error.awsErrorDetails();
        return Map.of(
                "ok", false,
                "requestId", String.valueOf(error.requestId()),
                "type", error.getClass().getSimpleName(),
                "code", String.valueOf(details.errorCode()),
                "message", details.errorMessage() == null ? "" : details.errorMessage(),
                "status", error.statusCode());
    }

    private Object newClient(String service, String as) {
        return switch (service) {
            case "kms" -> configured(KmsClient.builder(), as);
            case "iam" -> configured(IamClient.builder(), as);
            case "sts" -> configured(StsClient.builder(), as);
            case "cloudtrail" -> configured(CloudTrailClient.builder(), as);
            default -> throw new IllegalArgumentException("there is no client of " + service);
        };
    }

    private <B extends AwsClientBuilder<B, C> & software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder<B, C>, C>
            C configured(B builder, String as) {
        return builder.endpointOverride(URI.create(setup.get("endpoint").asString()))
                .region(Region.of(setup.get("region").asString()))
                .credentialsProvider(StaticCredentialsProvider.create(credentials(as)))
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .overrideConfiguration((with) -> with.retryStrategy(DefaultRetryStrategy.doNotRetry()))
                .build();
    }

    private AwsCredentials credentials(String as) {
        var who = setup.get("callers").asObject().get(as).asObject();
        var id = who.get("accessKeyId").asString();
        var secret = who.get("secretAccessKey").asString();
        var token = who.get("sessionToken");
        return token == null
                ? AwsBasicCredentials.create(id, secret)
                : AwsSessionCredentials.create(id, secret, token.asString());
    }

    /** Names of methods differ in how acronyms are written. */
    private static Method methodOf(Object client, String operation) {
        for (var method : client.getClass().getInterfaces()[0].getMethods()) {
            var parameters = method.getParameterTypes();
            if (method.getName().equalsIgnoreCase(operation)
                    && parameters.length == 1
                    && SdkRequest.class.isAssignableFrom(parameters[0])) return method;
        }
        return null;
    }

    private static Object pojo(Class<?> type, Map<String, JsonNode> members) throws Exception {
        var create = type.getMethod("builder");
        create.setAccessible(true);
        return filled((SdkPojo) create.invoke(null), members);
    }

    private static Object filled(SdkPojo builder, Map<String, JsonNode> members) {
        var fields = new HashMap<String, SdkField<?>>();
        for (var field : builder.sdkFields()) fields.put(field.memberName(), field);
        for (var member : members.entrySet()) {
            var field = fields.get(member.getKey());
            if (field == null) throw new IllegalArgumentException("there is no member " + member.getKey());
            field.set(builder, typed(field, member.getValue()));
        }
        return ((SdkBuilder<?, ?>) builder).build();
    }

    private static Object typed(SdkField<?> field, JsonNode value) {
        var type = field.marshallingType();
        if (type == MarshallingType.STRING) return value.asString();
        if (type == MarshallingType.INTEGER) return Integer.valueOf(value.asNumber());
        if (type == MarshallingType.LONG) return Long.valueOf(value.asNumber());
        if (type == MarshallingType.BOOLEAN) return value.asBoolean();
        if (type == MarshallingType.SDK_BYTES) {
            return SdkBytes.fromByteArray(Base64.getDecoder().decode(value.asObject().get("$blob").asString()));
        }
        if (type == MarshallingType.INSTANT) {
            var seconds = Double.parseDouble(value.asObject().get("$time").asNumber());
            return Instant.ofEpochMilli(Math.round(seconds * 1000));
        }
        if (type == MarshallingType.LIST) {
            var item = field.getTrait(ListTrait.class).memberFieldInfo();
            var items = new ArrayList<>();
            for (var part : value.asArray()) items.add(typed(item, part));
            return items;
        }
        if (type == MarshallingType.MAP) {
            var item = field.getTrait(MapTrait.class).valueFieldInfo();
            var entries = new LinkedHashMap<String, Object>();
            value.asObject().forEach((name, part) -> entries.put(name, typed(item, part)));
            return entries;
        }
        if (type == MarshallingType.SDK_POJO) return filled(field.constructor().get(), value.asObject());
        throw new IllegalArgumentException("there is no value of " + field.memberName());
    }

    private static Object neutral(Object value) {
        if (value instanceof SdkAutoConstructList || value instanceof SdkAutoConstructMap) return null;
        if (value instanceof SdkBytes bytes) {
            return Map.of("$blob", Base64.getEncoder().encodeToString(bytes.asByteArray()));
        }
        if (value instanceof Instant moment) return Map.of("$time", moment.toEpochMilli() / 1000.0);
        if (value instanceof List<?> items) {
            var parts = new ArrayList<>();
            for (var item : items) parts.add(neutral(item));
            return parts;
        }
        if (value instanceof Map<?, ?> entries) {
            var parts = new LinkedHashMap<String, Object>();
            entries.forEach((name, part) -> parts.put(String.valueOf(name), neutral(part)));
            return parts;
        }
        if (value instanceof SdkPojo pojo) {
            var members = new LinkedHashMap<String, Object>();
            for (var field : pojo.sdkFields()) members.put(field.memberName(), neutral(field.getValueOrDefault(pojo)));
            return members;
        }
        return value;
    }

    private static void write(JsonWriter text, Object value) {
        if (value == null) text.writeNull();
        else if (value instanceof Map<?, ?> entries) {
            text.writeStartObject();
            entries.forEach((name, part) -> {
                text.writeFieldName(String.valueOf(name));
                write(text, part);
            });
            text.writeEndObject();
        } else if (value instanceof List<?> items) {
            text.writeStartArray();
            for (var item : items) write(text, item);
            text.writeEndArray();
        } else if (value instanceof Boolean flag) text.writeValue(flag);
        else if (value instanceof Integer number) text.writeValue(number);
        else if (value instanceof Long number) text.writeValue(number);
        else if (value instanceof Double number) text.writeValue(number);
        else text.writeValue(String.valueOf(value));
    }
}
