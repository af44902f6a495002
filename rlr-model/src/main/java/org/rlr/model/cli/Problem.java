package org.rlr.model.cli;

import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.ImageException;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/** An error answer to a request, as problem details (RFC 9457). */
final class Problem extends Exception {
    private static final long serialVersionUID = 1L;
    static final String TYPE = "application/problem+json";

    /** Titles of the HTTP statuses that the service uses. */
    private static final Map<Integer, String> TITLES = Map.ofEntries(
            Map.entry(400, "Bad Request"),
            Map.entry(403, "Forbidden"),
            Map.entry(404, "Not Found"),
            Map.entry(405, "Method Not Allowed"),
            Map.entry(406, "Not Acceptable"),
            Map.entry(408, "Request Timeout"),
            Map.entry(413, "Content Too Large"),
            Map.entry(415, "Unsupported Media Type"),
            Map.entry(422, "Unprocessable Content"),
            Map.entry(429, "Too Many Requests"),
            Map.entry(500, "Internal Server Error"),
            Map.entry(503, "Service Unavailable"));

    private final int status;
    private final String reason;
    private final String detail;
    private final transient Map<String, String> headers = new LinkedHashMap<>();

    /**
     * A problem.
     *
     * @param status one of {@link #TITLES}
     * @param reason the kind of error, for programs
     * @param detail the error and its remedy, for people
     */
    Problem(int status, String reason, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.reason = reason;
        this.detail = detail;
    }

    /**
     * Returns the problem for an exception of a detection; null for an internal error, whose details are not sent to
     * clients.
     */
    static @Nullable Problem of(RlrException e, int retryAfter) {
        if (e instanceof ImageException image) {
            int status = switch (image.reason()) {
                case EMPTY, UNREADABLE -> 400;
                case TOO_LARGE -> 413;
                case NOT_AN_IMAGE, UNSUPPORTED -> 415;
                case DAMAGED -> 422;
            };
            return new Problem(status, image.reason().name(), OptionNames.explain(e));
        }
        if (e instanceof InvalidSettingException setting) {
            return new Problem(
                    400,
                    "className".equals(setting.name()) ? "UNKNOWN_CLASS" : "INVALID_SETTING",
                    OptionNames.explain(e));
        }
        if (e instanceof ResourceException resource) {
            return new Problem(
                            503,
                            resource.resource().name(),
                            resource.resource() == ResourceException.Resource.CAPACITY
                                    ? "the image waited too long in the queue; try again later"
                                    : "the service is short of memory; try again later or send a smaller image")
                    .retryAfter(retryAfter);
        }
        return e instanceof CancelledException ? stopping() : null;
    }

    static Problem stopping() {
        return new Problem(503, "STOPPING", "the service is shutting down; try again later").retryAfter(1);
    }

    Problem retryAfter(int seconds) {
        return header("Retry-After", Integer.toString(seconds));
    }

    Problem header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    int status() {
        return status;
    }

    String reason() {
        return reason;
    }

    Reply reply() {
        JsonObject json = new JsonObject();
        json.addProperty("type", "about:blank");
        json.addProperty("title", TITLES.get(status));
        json.addProperty("status", status);
        json.addProperty("detail", detail);
        json.addProperty("reason", reason);
        return Reply.json(status, TYPE, json).with(headers);
    }
}
