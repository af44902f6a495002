package org.rlr.model.weights;

import java.io.IOException;
import java.io.InputStream;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/**
 * Downloads a file completely or not at all. An interrupted download is resumed, at once and in later runs, by a range
 * request if the server's tag shows that the file is unchanged. Redirects are followed, except from HTTPS to HTTP. The
 * SHA-256 must match the expected one or, if that is unknown, the one that the hub states ({@code X-Linked-ETag}).
 */
final class Download {
    private static final int PIECE = 1 << 16;
    private static final Duration CONNECT = Duration.ofSeconds(30);
    private static final Duration RESPONSE = Duration.ofSeconds(60);
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18})");
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int UNSATISFIABLE = 416;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;

    private final HttpClient client;
    private final Settings settings;
    private @Nullable String statedHash;
    private long statedSize;

    /**
     * Retries and time limits.
     *
     * @param attempts total number of attempts
     * @param pause waits before an attempt, given its number from 2
     * @param stall longest time in which the server may send too little
     * @param leastRate bytes per second that it must send in that time
     */
    record Settings(int attempts, Consumer<Integer> pause, Duration stall, long leastRate) {
        /** Bytes that must arrive in every {@link #stall}. */
        long least() {
            return Math.max(1, (long) (leastRate * (stall.toNanos() / 1e9)));
        }
    }

    /** Receives the progress. */
    interface Progress {
        /** {@code done} of {@code total} bytes have arrived; total is -1 if unknown. */
        void at(long done, long total);
    }

    Download(ProxySelector proxy, Settings settings) {
        this.settings = settings;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(CONNECT)
                .proxy(proxy)
                .build();
    }

    /**
     * Downloads.
     *
     * @param limit largest size of the file in bytes; a server that announces or sends more is refused
     * @param sha256 the expected hash; null if unknown
     * @param accepted checks the file before it gets its name; throws {@link RlrException} to reject it
     * @return the file's hash
     * @throws RlrException if the server does not send the file, or sends another one
     */
    String fetch(
            URI address, Path target, long limit, @Nullable String sha256, Consumer<Path> accepted, Progress progress) {
        try (PartialFile part = PartialFile.open(target)) {
            transfer(address, part, limit, progress);
            if (statedSize >= 0 && part.length() != statedSize) {
                long length = part.length();
                part.discard();
                throw notGiven(
                        address + " is " + length + " bytes long, but should be " + statedSize
                                + ": the server or mirror has another file",
                        "try again or choose another `mirror`",
                        null);
            }
            String expected = sha256 != null ? sha256.toLowerCase(Locale.ROOT) : statedHash;
            String actual = part.sha256();
            if (expected != null && !expected.equals(actual)) {
                part.discard();
                throw notGiven(
                        address + " has the SHA-256 " + actual + ", but should have " + expected
                                + "; the download is discarded",
                        "try again or choose another `mirror`",
                        null);
            }
            try {
                accepted.accept(part.path());
            } catch (RlrException e) {
                part.discard();
                throw e.at("the file from " + address + " is not usable and is discarded");
            }
            part.complete();
            return actual;
        } catch (IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot write " + target + ": " + IoReason.of(e),
                    "free some space there or choose another folder with `weightsCache`",
                    e);
        }
    }

    private void transfer(URI address, PartialFile part, long limit, Progress progress) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                once(address, part, limit, progress);
                return;
            } catch (Interrupted e) {
                if (attempt == settings.attempts) {
                    boolean kept = part.resumable();
                    throw notGiven(
                            "cannot download " + address + ": " + e.getMessage() + ", after " + attempt + " attempts"
                                    + (kept ? "; " + part.length() + " bytes are kept" : ""),
                            kept
                                    ? "try again to resume the download"
                                    : "check the connection, or set a `proxy` or `mirror`",
                            e);
                }
                settings.pause.accept(attempt + 1);
            }
        }
    }

    /** The connection failed in a way that a retry may fix. */
    private static final class Interrupted extends Exception {
        private static final long serialVersionUID = 1L;

        Interrupted(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    private void once(URI address, PartialFile part, long limit, Progress progress) throws IOException, Interrupted {
        String earlier = part.tag();
        long from = earlier == null ? 0 : part.length();
        HttpResponse<InputStream> response = request(address, from, earlier);
        try (InputStream body = response.body()) {
            HttpHeaders headers = response.headers();
            long total;
            if (response.statusCode() == PARTIAL && from > 0) {
                Matcher range =
                        RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
                if (!range.matches() || Long.parseLong(range.group(1)) != from) {
                    part.restart(null);
                    throw new Interrupted("the server sent another range than requested", null);
                }
                total = Long.parseLong(range.group(2));
            } else if (response.statusCode() == OK) {
                String tag = headers.firstValue("ETag")
                        .filter(t -> !t.startsWith("W/"))
                        .orElse(null);
                part.restart(tag);
                total = headers.firstValueAsLong("Content-Length").orElse(-1);
            } else {
                if (response.statusCode() == UNSATISFIABLE) {
                    part.restart(null);
                }
                throw refused(address, response);
            }
            requireAtMost(limit, Math.max(total, statedSize), address, part);
            if (total - part.length() > Files.getFileStore(part.path()).getUsableSpace()) {
                throw new IOException("it takes " + (total - part.length()) + " bytes more, and there are "
                        + Files.getFileStore(part.path()).getUsableSpace());
            }
            receive(body, part, total, limit, address, progress);
        }
    }

    private static Interrupted refused(URI address, HttpResponse<?> response) {
        int status = response.statusCode();
        if (status == UNSATISFIABLE || status == TOO_MANY || status >= SERVER_ERROR) {
            return new Interrupted("the server answers with status " + status, null);
        }
        Optional<String> redirect = response.headers().firstValue("Location");
        if (status / 100 == 3 && redirect.isPresent()) {
            throw notGiven(
                    response.uri() + " redirects to " + redirect.get() + ", which is not followed: it is less safe, or"
                            + " the last of too many redirects",
                    "choose another `mirror`",
                    null);
        }
        throw notGiven(
                "cannot download " + address + ": the server answers with status " + status
                        + (status == 404 ? ", there is no such file" : ""),
                "choose another `mirror`, or get the file in another way and add it with `WeightsCache.add`",
                null);
    }

    private static ResourceException notGiven(String message, String remedy, @Nullable Exception cause) {
        return new ResourceException(ResourceException.Resource.NETWORK, message, remedy, cause);
    }

    private static void requireAtMost(long limit, long bytes, URI address, PartialFile part) throws IOException {
        if (bytes > limit) {
            part.discard();
            throw notGiven(
                    address + " is " + bytes + " bytes long or more, but such weights have no more than " + limit
                            + ": the server or mirror has another file",
                    "choose another `mirror`",
                    null);
        }
    }

    private void receive(InputStream body, PartialFile part, long total, long limit, URI address, Progress progress)
            throws IOException, Interrupted {
        byte[] piece = new byte[PIECE];
        try (StallGuard guard = new StallGuard(body, settings.stall, settings.least())) {
            progress.at(part.length(), total);
            while (true) {
                int n;
                try {
                    n = body.read(piece);
                } catch (IOException e) {
                    throw new Interrupted(
                            guard.tooFew() >= 0
                                    ? "the server sent "
                                            + (guard.tooFew() == 0 ? "nothing" : "only " + guard.tooFew() + " bytes")
                                            + " in " + settings.stall.toSeconds() + " s"
                                    : "the connection was lost (" + e.getMessage() + ")",
                            e);
                }
                if (n < 0) {
                    break;
                }
                guard.alive(n);
                requireAtMost(limit, part.length() + n, address, part);
                part.append(piece, n);
                progress.at(part.length(), total);
            }
        }
        if (total >= 0 && part.length() < total) {
            throw new Interrupted("the connection ended after " + part.length() + " of " + total + " bytes", null);
        }
        if (total >= 0 && part.length() > total) {
            part.restart(null);
            throw new Interrupted("the server sent more than the " + total + " bytes that it announced", null);
        }
    }

    private HttpResponse<InputStream> request(URI address, long from, @Nullable String tag) throws Interrupted {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(RESPONSE)
                .header("User-Agent", "rlr")
                .header("Accept-Encoding", "identity");
        if (from > 0 && tag != null) {
            request.header("Range", "bytes=" + from + "-").header("If-Range", tag);
        }
        HttpResponse<InputStream> last;
        try {
            last = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException | IllegalArgumentException e) {
            List<Throwable> causes = Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
                    .toList();
            // an IllegalArgumentException, too
            if (causes.stream().anyMatch(UnresolvedAddressException.class::isInstance)) {
                throw new Interrupted("no connection to " + address.getHost() + " (a host name cannot be resolved)", e);
            }
            // from a redirect: Java 17 throws it directly, later versions wrap it
            if (causes.stream().anyMatch(IllegalArgumentException.class::isInstance)) {
                throw notGiven(
                        address + " redirects to an invalid address (" + e.getMessage() + ")",
                        "choose another `mirror`",
                        e);
            }
            throw new Interrupted("no connection to " + address.getHost() + " (" + e + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("the download of " + address + " was interrupted", "", e);
        }
        statedHash = null;
        statedSize = -1;
        // prefers what the hub itself states before it redirects to the location of the file
        for (HttpResponse<?> each = last;
                each != null;
                each = each.previousResponse().orElse(null)) {
            String linked =
                    each.headers().firstValue("X-Linked-ETag").orElse("").replace("\"", "");
            statedHash = SHA256.matcher(linked).matches() ? linked : statedHash;
            statedSize = each.headers().firstValueAsLong("X-Linked-Size").orElse(statedSize);
        }
        return last;
    }
}
