package org.rlr.model.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.WeightsFile;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.io.AtomicFile;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.io.TorchCheckpoint;

/** A folder with weights of backbones: {@code <backbone>.safetensors} or {@code <backbone>.pth}. */
public final class WeightsCache {
    /** The environment variable with the path of the folder. */
    public static final String VARIABLE = "RLR_WEIGHTS_CACHE";

    private static final List<String> ENDINGS = List.of(".safetensors", ".pth");

    private final Path folder;

    /**
     * Creates a cache in a folder, which may be missing.
     *
     * @param folder folder of the files
     */
    public WeightsCache(Path folder) {
        this.folder = folder;
    }

    /**
     * Returns the user's cache: the folder in {@value #VARIABLE}, or else {@code rlr/weights} in the system's cache
     * folder ({@code XDG_CACHE_HOME} or {@code ~/.cache}, {@code ~/Library/Caches}, {@code %LOCALAPPDATA%}).
     *
     * @return the cache
     */
    public static WeightsCache ofUser() {
        return new WeightsCache(
                folder(System::getenv, System.getProperty("os.name"), Path.of(System.getProperty("user.home"))));
    }

    static Path folder(UnaryOperator<String> environment, String system, Path home) {
        String own = environment.apply(VARIABLE);
        if (own != null && !own.isBlank()) {
            return Path.of(own);
        }
        String name = system.toLowerCase(Locale.ROOT);
        Path caches;
        if (name.startsWith("windows")) {
            String local = environment.apply("LOCALAPPDATA");
            caches = local == null || local.isBlank() ? home.resolve("AppData").resolve("Local") : Path.of(local);
        } else if (name.startsWith("mac")) {
            caches = home.resolve("Library").resolve("Caches");
        } else {
            String xdg = environment.apply("XDG_CACHE_HOME");
            // the specification says to ignore a relative path
            caches = xdg == null || xdg.isBlank() || !Path.of(xdg).isAbsolute() ? home.resolve(".cache") : Path.of(xdg);
        }
        return caches.resolve("rlr").resolve("weights");
    }

    /** {@return the folder} */
    public Path folder() {
        return folder;
    }

    /**
     * Finds the weights of a backbone.
     *
     * @param backbone the backbone's name
     * @return the file, or empty
     */
    public Optional<Path> find(String backbone) {
        return ENDINGS.stream()
                .map(ending -> folder.resolve(backbone + ending))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** The path for downloaded weights of a backbone. */
    Path target(String backbone) {
        return folder.resolve(backbone + ENDINGS.get(0));
    }

    /** {@return all cached weights, by backbone} */
    public Map<String, Path> list() {
        Map<String, Path> found = new LinkedHashMap<>();
        for (String backbone : Backbones.names()) {
            find(backbone).ifPresent(file -> found.put(backbone, file));
        }
        return found;
    }

    /**
     * Copies a file of weights into the cache.
     *
     * @param file SafeTensors or .pth
     * @param name backbone of the weights; null to detect it from names and shapes, and from the file's name if several
     *     match
     * @return the backbone
     * @throws TensorFileException if the file cannot be read, does not hold weights of that backbone, or matches
     *     several backbones and {@code name} is null
     * @throws ResourceException if the cache cannot be written to
     */
    public String add(Path file, @Nullable String name) {
        String backbone;
        try (WeightsFile weights = WeightsFile.open(file)) {
            backbone = name != null ? name : recognize(file, Backbones.fitting(weights.weights()));
            Backbones.requireFit(backbone, weights.weights(), file.toString());
        }
        boolean torch = TorchCheckpoint.isTorch(file);
        AtomicFile.write(folder.resolve(backbone + ENDINGS.get(torch ? 1 : 0)), out -> Files.copy(file, out));
        Path older = folder.resolve(backbone + ENDINGS.get(torch ? 0 : 1));
        try {
            Files.deleteIfExists(older);
        } catch (IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot remove the older weights " + older + ": " + IoReason.of(e),
                    "remove them yourself",
                    e);
        }
        return backbone;
    }

    private static String recognize(Path file, List<String> fitting) {
        if (fitting.isEmpty()) {
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    file + " does not hold the weights of any known backbone",
                    "`Backbones.names` lists them; set `name` to see the missing tensors",
                    null);
        }
        if (fitting.size() == 1) {
            return fitting.get(0);
        }
        String stem = file.getFileName().toString();
        // tf_efficientnet_b0_aa-827b6e33.pth begins with one matching name and contains another
        List<String> named = fitting.stream().filter(stem::startsWith).toList();
        if (named.size() == 1) {
            return named.get(0);
        }
        throw new TensorFileException(
                TensorFileException.Reason.OTHER_TENSORS,
                file + " holds weights that fit " + String.join(" and ", fitting) + " alike",
                "choose one with `name`",
                null);
    }
}
