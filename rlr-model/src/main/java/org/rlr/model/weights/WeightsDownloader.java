package org.rlr.model.weights;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.WeightsFile;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.Sha256;
import org.rlr.tensor.io.TensorFileException;

/** Gets published weights into a {@link WeightsCache}. */
public final class WeightsDownloader {
    /**
     * The environment variable that names a mirror of the hub; {@code HF_ENDPOINT}, which the hub's own tools know,
     * does as well.
     */
    public static final String MIRROR = "RLR_MIRROR";

    private static final String HUB_MIRROR = "HF_ENDPOINT";
    private static final int ATTEMPTS = 5;
    private static final Duration STALL = Duration.ofSeconds(60);
    /** Bytes per second: a tenth of what the slowest line gives. */
    private static final long LEAST_RATE = 1024;
    /**
     * What a file of weights may have beside the feature layers: the classifier, the last normalisation, its header.
     */
    private static final long BESIDE = 64L << 20;

    private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");

    private final WeightsCache cache;
    private final String mirror;
    private final Download download;

    /**
     * A downloader.
     *
     * @param cache where weights are put
     * @param mirror the hub's address or a mirror's; null for what the environment says ({@value #MIRROR},
     *     {@code HF_ENDPOINT}), or the hub
     * @param proxy {@code http://HOST:PORT}; null for what the environment or Java's properties say
     * @throws InvalidSettingException if the proxy is no address
     */
    public WeightsDownloader(WeightsCache cache, @Nullable String mirror, @Nullable String proxy) {
        this(
                cache,
                mirror(mirror),
                new Download(
                        new Proxies(proxy, System::getenv),
                        new Download.Settings(ATTEMPTS, WeightsDownloader::pause, STALL, LEAST_RATE)));
    }

    WeightsDownloader(WeightsCache cache, String mirror, Download download) {
        this.cache = cache;
        this.mirror = mirror;
        this.download = download;
    }

    private static String mirror(@Nullable String asked) {
        for (String each : new String[] {asked, System.getenv(MIRROR), System.getenv(HUB_MIRROR)}) {
            if (each != null && !each.isBlank()) {
                return each;
            }
        }
        return PublishedWeights.HUB;
    }

    /** 1, 2, 4, … seconds. */
    private static void pause(int attempt) {
        try {
            TimeUnit.SECONDS.sleep(1L << (attempt - 2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("the download was interrupted", "call again to continue it", e);
        }
    }

    /**
     * What was downloaded.
     *
     * @param file where it is
     * @param sha256 its hash
     */
    public record Result(Path file, String sha256) {}

    /**
     * The published weights of a backbone, from the user's cache, where they are downloaded to if they are not there.
     *
     * @param backbone name of a backbone that weights are published for
     * @return the file
     * @throws RlrException if there are none, or they cannot be had
     */
    public static Path get(String backbone) {
        PublishedWeights weights = PublishedWeights.of(backbone);
        WeightsDownloader downloader = new WeightsDownloader(WeightsCache.ofUser(), null, (String) null);
        return downloader
                .cached(weights, null)
                .orElseGet(
                        () -> downloader.get(weights, null, (done, total) -> {}).file());
    }

    /**
     * Where weights would come from.
     *
     * @param weights which
     * @return of the file
     * @throws InvalidSettingException if the mirror is no address
     */
    public URI address(PublishedWeights weights) {
        return weights.address(mirror);
    }

    /**
     * Downloads weights, checks them and puts them into the cache; what is there already is replaced.
     *
     * @param weights which
     * @param sha256 the hash expected; null for the one that is known, if any
     * @param progress hears bytes done and in all, -1 where that is not known
     * @return file and hash
     * @throws RlrException if they cannot be had, the file is larger than they can be, or they are not the backbone's
     */
    public Result get(PublishedWeights weights, @Nullable String sha256, BiConsumer<Long, Long> progress) {
        requireHash(sha256);
        Path target = cache.target(weights.backbone());
        String hash = download.fetch(
                address(weights),
                target,
                limit(weights.backbone()),
                sha256 != null ? sha256 : weights.sha256(),
                part -> {
                    try (WeightsFile file = WeightsFile.open(part)) {
                        Backbones.requireFit(weights.backbone(), file.weights(), part.toString());
                    }
                },
                progress::accept);
        return new Result(target, hash);
    }

    /** Bytes that the published file of a backbone's weights can have: values of 8 bytes, and more beside. */
    static long limit(String backbone) {
        return BESIDE + 2L * Float.BYTES * Backbones.info(backbone).parameters();
    }

    /**
     * The weights of a backbone, if they are in the cache.
     *
     * @param weights which
     * @return the file, or empty
     */
    public Optional<Path> cached(PublishedWeights weights) {
        return cache.find(weights.backbone());
    }

    /**
     * The same, and that they are the file that is expected.
     *
     * @param weights which
     * @param sha256 the hash expected; null for any
     * @return the file, or empty
     * @throws TensorFileException if the file has another hash, or cannot be read
     * @throws InvalidSettingException if {@code sha256} is no hash
     */
    public Optional<Path> cached(PublishedWeights weights, @Nullable String sha256) {
        requireHash(sha256);
        Optional<Path> file = cached(weights);
        String actual = sha256 == null || file.isEmpty() ? null : hash(file.get());
        if (actual != null && !actual.equalsIgnoreCase(sha256)) {
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    file.get() + " has the SHA-256 " + actual + ", but `sha256` is " + sha256,
                    "download the file again with `WeightsDownloader.get`",
                    null);
        }
        return file;
    }

    private static void requireHash(@Nullable String sha256) {
        InvalidSettingException.require(
                sha256 == null || SHA256.matcher(sha256).matches(), "sha256", sha256, "64 hexadecimal digits");
    }

    private static String hash(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new Sha256().add(in).hex();
        } catch (IOException e) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE,
                    "cannot read " + file + ": " + IoReason.of(e),
                    "check its permissions",
                    e);
        }
    }
}
