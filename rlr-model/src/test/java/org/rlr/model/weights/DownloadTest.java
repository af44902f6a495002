package org.rlr.model.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/** Downloads from servers that behave well, badly and strangely. */
class DownloadTest {
    private static final byte[] CONTENT = content();
    private static final String TAG = "\"v1\"";

    @TempDir
    Path folder;

    private final List<Integer> pauses = new ArrayList<>();

    private static byte[] content() {
        byte[] content = new byte[300_000];
        new Random(5).nextBytes(content);
        return content;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path target() {
        return folder.resolve("deep").resolve("w.safetensors");
    }

    private Download download(Duration stall) {
        return new Download(
                new Proxies(null, name -> name.equals("no_proxy") ? "*" : null),
                new Download.Settings(3, pauses::add, stall, 1));
    }

    private String fetch(URI address, String sha256) {
        return download(Duration.ofMinutes(10))
                .fetch(address, target(), CONTENT.length, sha256, part -> {}, (done, total) -> {});
    }

    private void assertComplete() throws IOException {
        assertArrayEquals(CONTENT, Files.readAllBytes(target()));
        assertEquals(List.of(target()), files());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(target().getParent())) {
            return files.toList();
        }
    }

    private void refused(LocalHub hub, String sha256, Object... mentions) {
        String message = assertThrows(ResourceException.class, () -> fetch(hub.file(), sha256))
                .explanation();
        for (Object mention : mentions) {
            assertTrue(message.contains(mention.toString()), "'" + mention + "' is not in: " + message);
        }
    }

    @Test
    void aFileAndItsProgress() throws IOException {
        List<Long> done = new ArrayList<>();
        try (LocalHub hub = new LocalHub(LocalHub.content(CONTENT, TAG))) {
            String hash = download(Duration.ofMinutes(10))
                    .fetch(
                            hub.file(),
                            target(),
                            CONTENT.length,
                            sha256(CONTENT).toUpperCase(java.util.Locale.ROOT),
                            part -> {},
                            (n, total) -> {
                                assertEquals(CONTENT.length, total);
                                done.add(n);
                            });
            assertEquals(sha256(CONTENT), hash);
            assertNull(hub.requests().get(0).range());
        }
        assertComplete();
        assertEquals(0, done.get(0));
        assertEquals(CONTENT.length, done.get(done.size() - 1));
        assertEquals(done.stream().sorted().distinct().toList(), done);
    }

    @Test
    void aFileOfUnknownLength() throws IOException {
        try (LocalHub hub = new LocalHub(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(CONTENT);
        })) {
            fetch(hub.file(), sha256(CONTENT));
        }
        assertComplete();
    }

    @Test
    void anInterruptedDownloadIsResumed() throws IOException {
        try (LocalHub hub = new LocalHub(
                LocalHub.upTo(100_000, CONTENT, TAG),
                LocalHub.upTo(250_000, CONTENT, TAG),
                LocalHub.content(CONTENT, TAG))) {
            fetch(hub.file(), sha256(CONTENT));
            assertEquals(3, hub.requests().size());
            // bytes still in transit when a connection breaks may be lost
            int second = Integer.parseInt(hub.requests().get(1).range().replaceAll("\\D", ""));
            int third = Integer.parseInt(hub.requests().get(2).range().replaceAll("\\D", ""));
            assertTrue(second > 0 && second <= 100_000 && third > second && third <= 250_000, second + " " + third);
            assertEquals(TAG, hub.requests().get(2).ifRange());
        }
        assertEquals(List.of(2, 3), pauses);
        assertComplete();
    }

    @Test
    void anAbandonedDownloadIsResumedInTheNextRun() throws IOException {
        try (LocalHub hub = new LocalHub(LocalHub.upTo(150_000, CONTENT, TAG), LocalHub.status(503))) {
            refused(hub, null, "status 503", "after 3 attempts", "bytes are kept", "try again to resume");
        }
        assertTrue(Files.notExists(target()));
        try (LocalHub hub = new LocalHub(LocalHub.content(CONTENT, TAG))) {
            fetch(hub.file(), sha256(CONTENT));
            assertEquals(1, hub.requests().size());
            assertTrue(
                    hub.requests().get(0).range().matches("bytes=[1-9]\\d+-"),
                    hub.requests().get(0).range());
        }
        assertComplete();
    }

    @Test
    void aFileThatChangedMeanwhileIsDownloadedAgain() throws IOException {
        byte[] old = new byte[CONTENT.length];
        try (LocalHub hub = new LocalHub(LocalHub.upTo(100_000, old, "\"v0\""), LocalHub.content(CONTENT, TAG))) {
            fetch(hub.file(), null);
            assertEquals("\"v0\"", hub.requests().get(1).ifRange());
        }
        assertComplete();
    }

    @Test
    void withoutAStrongTagDownloadsAreNotResumed() throws IOException {
        for (String tag : new String[] {null, "W/\"v1\""}) {
            try (LocalHub hub = new LocalHub(LocalHub.upTo(100_000, CONTENT, tag), LocalHub.content(CONTENT, tag))) {
                fetch(hub.file(), null);
                assertNull(hub.requests().get(1).range());
            }
            assertComplete();
        }
    }

    @Test
    void aServerThatSendsAnotherRange() throws IOException {
        try (LocalHub hub = new LocalHub(
                LocalHub.upTo(100_000, CONTENT, TAG),
                exchange -> {
                    exchange.getResponseHeaders().set("Content-Range", "bytes 7-299999/300000");
                    exchange.sendResponseHeaders(206, -1);
                },
                LocalHub.content(CONTENT, TAG))) {
            fetch(hub.file(), null);
            assertNull(hub.requests().get(2).range());
        }
        assertComplete();
    }

    @Test
    void aServerThatRefusesTheRange() throws IOException {
        try (LocalHub hub = new LocalHub(
                LocalHub.upTo(100_000, CONTENT, TAG), LocalHub.status(416), LocalHub.content(CONTENT, TAG))) {
            fetch(hub.file(), sha256(CONTENT));
            assertNull(hub.requests().get(2).range());
        }
        assertComplete();
    }

    @Test
    void aStalledDownloadIsRetried() throws IOException {
        CountDownLatch end = new CountDownLatch(1);
        try (LocalHub hub = new LocalHub(
                exchange -> {
                    exchange.getResponseHeaders().set("ETag", TAG);
                    exchange.sendResponseHeaders(200, CONTENT.length);
                    exchange.getResponseBody().write(CONTENT, 0, 1000);
                    exchange.getResponseBody().flush();
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                LocalHub.content(CONTENT, TAG))) {
            download(Duration.ofMillis(300))
                    .fetch(hub.file(), target(), CONTENT.length, null, part -> {}, (done, total) -> {});
            end.countDown();
            assertEquals(2, hub.requests().size());
        }
        assertComplete();
    }

    /** It keeps sending, but less than required. */
    @Test
    void aServerThatIsTooSlowIsAbandoned() throws IOException {
        LocalHub.Answer endless = exchange -> {
            exchange.getResponseHeaders().set("ETag", TAG);
            exchange.sendResponseHeaders(200, 0);
            while (true) {
                exchange.getResponseBody().write(7);
                exchange.getResponseBody().flush();
            }
        };
        try (LocalHub hub = new LocalHub(endless)) {
            Download slow = new Download(
                    new Proxies(null, name -> name.equals("no_proxy") ? "*" : null),
                    new Download.Settings(2, pauses::add, Duration.ofMillis(100), Long.MAX_VALUE / 1000));
            ResourceException e = assertThrows(
                    ResourceException.class,
                    () -> slow.fetch(hub.file(), target(), Long.MAX_VALUE, null, part -> {}, (done, total) -> {}));
            assertTrue(e.getMessage().contains("the server sent only "), e.getMessage());
            assertTrue(e.getMessage().contains("after 2 attempts"), e.getMessage());
            assertEquals(2, hub.requests().size());
        }
    }

    @Test
    void tooLargeFilesAreRefused() throws IOException {
        byte[] more = new byte[CONTENT.length + 1];
        String mentions = "such weights have no more than 300000";
        List<LocalHub.Answer> answers = List.of(
                // announced
                LocalHub.content(more, TAG),
                LocalHub.upTo(10, more, TAG),
                LocalHub.redirect("/elsewhere", "X-Linked-Size", "300001"),
                // an endless answer, resumable or not
                exchange -> {
                    exchange.getResponseHeaders().set("ETag", TAG);
                    exchange.sendResponseHeaders(200, 0);
                    while (true) {
                        exchange.getResponseBody().write(more);
                    }
                },
                exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    while (true) {
                        exchange.getResponseBody().write(more);
                    }
                });
        for (LocalHub.Answer answer : answers) {
            try (LocalHub hub = new LocalHub(answer, LocalHub.content(CONTENT, TAG))) {
                refused(hub, null, "is 3", mentions, "`mirror`");
                assertEquals(answer == answers.get(2) ? 2 : 1, hub.requests().size(), "it is not asked again");
            }
            assertEquals(List.of(), files());
            assertEquals(List.of(), pauses);
        }
        // the rest of a part
        try (LocalHub hub = new LocalHub(LocalHub.upTo(100_000, CONTENT, TAG), LocalHub.content(more, TAG))) {
            refused(hub, null, "is 300001 bytes", mentions);
        }
        assertEquals(List.of(), files());
    }

    @Test
    void partsThatCannotBeResumedAreRemoved() throws IOException {
        for (LocalHub.Answer answer : List.of(
                LocalHub.status(404),
                LocalHub.status(503),
                LocalHub.upTo(100_000, CONTENT, null),
                LocalHub.upTo(100_000, CONTENT, "W/" + TAG))) {
            try (LocalHub hub = new LocalHub(answer)) {
                refused(hub, null, hub.file());
            }
            assertEquals(List.of(), files());
        }
        // from a killed process, without a tag
        Files.writeString(target().resolveSibling("w.safetensors.part"), "part");
        try (LocalHub hub = new LocalHub(LocalHub.status(404))) {
            refused(hub, null, "404");
            assertNull(hub.requests().get(0).range());
        }
        assertEquals(List.of(), files());
        try (LocalHub hub = new LocalHub(LocalHub.upTo(100_000, CONTENT, TAG), LocalHub.status(404))) {
            refused(hub, null, "404");
        }
        assertEquals(2, files().size(), "resumable data are kept, with their tag");
    }

    @Test
    void everyPublishedFileIsBelowItsLimit() {
        // four bytes for each of 11.7, 66.3 and 304 million parameters, classifiers included
        assertTrue(WeightsDownloader.limit("resnet18") > 47_000_000);
        assertTrue(WeightsDownloader.limit("tf_efficientnet_b7") > 268_000_000);
        assertTrue(WeightsDownloader.limit("vit_large_patch14_dinov2") > 1_220_000_000);
        assertTrue(WeightsDownloader.limit("resnet18") < 200_000_000);
    }

    @Test
    void wrongHashesAreDiscardedAndExistingFilesStay() throws IOException {
        Files.createDirectories(target().getParent());
        Files.writeString(target(), "old");
        String wrong = "0".repeat(64);
        try (LocalHub hub = new LocalHub(LocalHub.content(CONTENT, TAG))) {
            refused(hub, wrong, sha256(CONTENT), "should have " + wrong, "is discarded", "`mirror`");
        }
        // as the hub states it
        try (LocalHub hub = new LocalHub(
                LocalHub.redirect("/elsewhere", "X-Linked-ETag", "\"" + wrong + "\""),
                LocalHub.content(CONTENT, TAG))) {
            refused(hub, null, sha256(CONTENT), "should have " + wrong);
        }
        assertEquals(List.of(target()), files());
        assertEquals("old", Files.readString(target()));
    }

    @Test
    void theHubsOwnHashIsAccepted() throws IOException {
        try (LocalHub hub = new LocalHub(
                LocalHub.redirect(
                        "/elsewhere", "X-Linked-ETag", "\"" + sha256(CONTENT) + "\"", "X-Linked-Size", "300000"),
                LocalHub.content(CONTENT, TAG))) {
            assertEquals(sha256(CONTENT), fetch(hub.file(), null));
        }
        assertComplete();
    }

    @Test
    void wrongSizes() throws IOException {
        try (LocalHub hub = new LocalHub(
                LocalHub.redirect("/elsewhere", "X-Linked-Size", "299999"), LocalHub.content(CONTENT, TAG))) {
            refused(hub, null, "300000 bytes long, but should be 299999");
        }
        assertEquals(List.of(), files());
        try (LocalHub hub = new LocalHub(LocalHub.upTo(100, CONTENT, null))) {
            refused(hub, null, "after 3 attempts", "check the connection");
        }
        assertTrue(Files.notExists(target()));
    }

    @Test
    void redirectsAreFollowedWithinLimits() throws IOException {
        try (LocalHub other = new LocalHub(LocalHub.content(CONTENT, TAG));
                LocalHub hub = new LocalHub(
                        LocalHub.redirect("/a?b=c"),
                        LocalHub.redirect("d"),
                        LocalHub.redirect(other.address() + "/e"))) {
            fetch(hub.file(), sha256(CONTENT));
            assertEquals(
                    List.of("/file", "/a?b=c", "/d"),
                    hub.requests().stream().map(LocalHub.Request::address).toList());
            assertEquals("/e", other.requests().get(0).address());
        }
        assertComplete();
        try (LocalHub hub = new LocalHub(LocalHub.redirect("/again"))) {
            refused(hub, null, "redirects to /again", "too many redirects");
        }
        try (LocalHub hub = new LocalHub(LocalHub.redirect("file:///etc/passwd"))) {
            refused(hub, null, "file:///etc/passwd", "not followed");
        }
        try (LocalHub hub = new LocalHub(LocalHub.redirect("http://[oops"))) {
            refused(hub, null, "invalid address");
        }
        try (LocalHub hub = new LocalHub(LocalHub.status(302))) {
            refused(hub, null, "after 3 attempts");
        }
    }

    @Test
    void missingFilesFailAtOnceAndOtherErrorsAreRetried() throws IOException {
        try (LocalHub hub = new LocalHub(LocalHub.status(404))) {
            refused(hub, null, hub.file(), "status 404", "no such file", "`WeightsCache.add`");
            assertEquals(1, hub.requests().size());
        }
        try (LocalHub hub = new LocalHub(LocalHub.status(403))) {
            refused(hub, null, "status 403");
            assertEquals(1, hub.requests().size());
        }
        try (LocalHub hub = new LocalHub(LocalHub.status(429), LocalHub.status(500), LocalHub.content(CONTENT, TAG))) {
            fetch(hub.file(), null);
        }
        assertComplete();
        URI closed;
        try (LocalHub hub = new LocalHub(LocalHub.status(200))) {
            closed = hub.file();
        }
        assertTrue(assertThrows(RlrException.class, () -> fetch(closed, null))
                .getMessage()
                .contains("no connection to 127.0.0.1"));
        RlrException unknown =
                assertThrows(RlrException.class, () -> fetch(URI.create("http://nonexistent.invalid/weights"), null));
        assertTrue(
                unknown.getMessage().contains("no connection to nonexistent.invalid (a host name cannot be resolved)"),
                unknown.getMessage());
        assertTrue(unknown.remedy().contains("`proxy`"), unknown.remedy());
    }

    @Test
    void aPageInsteadOfAFileIsDiscarded() throws IOException {
        byte[] page = "<html>please log in</html>".getBytes(StandardCharsets.UTF_8);
        try (LocalHub hub = new LocalHub(LocalHub.content(page, TAG))) {
            RlrException e = assertThrows(
                    RlrException.class,
                    () -> download(Duration.ofMinutes(10))
                            .fetch(
                                    hub.file(),
                                    target(),
                                    CONTENT.length,
                                    null,
                                    part -> {
                                        throw new RlrException("this is a page");
                                    },
                                    (done, total) -> {}));
            assertTrue(
                    e.getMessage().contains(hub.file() + " is not usable")
                            && e.getMessage().contains("this is a page"),
                    e.getMessage());
        }
        assertEquals(List.of(), files());
    }

    @Test
    void twoDownloadsOfOneFileDoNotMix() throws IOException {
        try (LocalHub hub = new LocalHub(LocalHub.content(CONTENT, TAG))) {
            try (PartialFile first = PartialFile.open(target())) {
                assertEquals(0, first.length());
                refused(hub, null, "another download", target());
            }
            fetch(hub.file(), null);
        }
        assertComplete();
    }

    @Test
    void aProxyReceivesTheWholeAddress() throws IOException {
        try (LocalHub proxy = new LocalHub(LocalHub.content(CONTENT, TAG))) {
            Download.Settings settings = new Download.Settings(1, pauses::add, Duration.ofMinutes(10), 1);
            new Download(new Proxies(proxy.address(), name -> null), settings)
                    .fetch(
                            URI.create("http://hub.invalid/x"),
                            target(),
                            CONTENT.length,
                            null,
                            part -> {},
                            (done, total) -> {});
            new Download(new Proxies(null, name -> name.equals("HTTP_PROXY") ? proxy.address() : null), settings)
                    .fetch(
                            URI.create("http://hub.invalid/y"),
                            target(),
                            CONTENT.length,
                            null,
                            part -> {},
                            (done, total) -> {});
            assertEquals(
                    List.of("http://hub.invalid/x", "http://hub.invalid/y"),
                    proxy.requests().stream().map(LocalHub.Request::address).toList());
        }
        assertComplete();
    }
}
