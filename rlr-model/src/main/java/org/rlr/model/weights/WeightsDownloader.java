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

/** Downloads published weights into a {@link WeightsCache}. */
public final class WeightsDownloader {
    /**
     * The environment variable with the address of a mirror; {@code HF_ENDPOINT}, which the hub's own tools use, works
     * as well.
     */
    public static final String MIRROR = "RLR_MIRROR";

    private static final String HUB_MIRROR = "HF_ENDPOINT";
    private static final int ATTEMPTS = 5;
    private static final Duration STALL = Duration.ofSeconds(60);
    /** Bytes per second: a tenth of the slowest connections. */
    private static final long LEAST_RATE = 1024;
    /** Bytes of a file of weights besides the feature layers: the classifier, the last normalisation, its header. */
    private static final long BESIDE = 64L << 20;

    private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");

    private final WeightsCache cache;
    private final String mirror;
    private final Download download;

    /**
     * Creates a downloader.
     *
     * @param cache receives the weights
     * @param mirror address of the hub or of a mirror; null for the environment's ({@value #MIRROR},
     *     {@code HF_ENDPOINT}) or else the hub
     * @param proxy {@code http://HOST:PORT}; null for the proxy set in the environment or in Java's properties
     * @throws InvalidSettingException if the proxy is not an address
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
            throw new CancelledException("the download was interrupted", "call again to resume it", e);
        }
    }

    /**
     * A downloaded file.
     *
     * @param file path of the file
     * @param sha256 its hash
     */
    public record Result(Path file, String sha256) {}

    /**
     * Returns the published weights of a backbone from the user's cache; downloads them first if necessary.
     *
     * @param backbone name of a backbone that weights are published for
     * @return the file
     * @throws RlrException if no weights are published, or the download fails
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
     * Returns the address of weights.
     *
     * @param weights the weights
     * @return address of the file
     * @throws InvalidSettingException if the mirror is not an address
     */
    public URI address(PublishedWeights weights) {
        return weights.address(mirror);
    }

    /**
     * Downloads weights, checks them and puts them into the cache, replacing existing ones.
     *
     * @param weights the weights
     * @param sha256 the expected hash; null for the known one, if any
     * @param progress receives downloaded and total bytes; total is -1 if unknown
     * @return file and hash
     * @throws RlrException if the download fails, the file is too large, or it does not hold the backbone's weights
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

    /** Largest plausible size of the published file of a backbone's weights: 8 bytes per value, and some more. */
    static long limit(String backbone) {
        return BESIDE + 2L * Float.BYTES * Backbones.info(backbone).parameters();
    }

    /**
     * Finds the weights of a backbone in the cache.
     *
     * @param weights the weights
     * @return the file, or empty
     */
    public Optional<Path> cached(PublishedWeights weights) {
        return cache.find(weights.backbone());
    }

    /**
     * Finds the weights of a backbone in the cache and checks their hash.
     *
     * @param weights the weights
     * @param sha256 the expected hash; null for any
     * @return the file, or empty
     * @throws TensorFileException if the file has another hash, or cannot be read
     * @throws InvalidSettingException if {@code sha256} is not a hash
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
