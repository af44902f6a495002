package org.rlr.model.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An answer to a request.
 *
 * @param status HTTP status
 * @param type content type of the body
 * @param body content; empty for none
 * @param headers additional headers
 */
record Reply(int status, String type, byte[] body, Map<String, String> headers) {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    static Reply of(String type, byte[] body) {
        return new Reply(200, type, body, Map.of());
    }

    static Reply json(int status, String type, JsonElement json) {
        return new Reply(status, type, (GSON.toJson(json) + "\n").getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Reply json(JsonElement json) {
        return json(200, "application/json", json);
    }

    Reply with(Map<String, String> others) {
        return new Reply(status, type, body, others);
    }
}
