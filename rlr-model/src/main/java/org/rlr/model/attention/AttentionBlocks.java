package org.rlr.model.attention;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Services;
import org.rlr.tensor.nn.ParameterSet;

/**
 * The attention blocks by name: the published ones (RLR §6) and those of every {@link AttentionBlockProvider} on the
 * class path.
 */
public final class AttentionBlocks {
    /** The names of the published blocks, in fixed order. */
    public static final List<String> PUBLISHED = List.of("mca", "ca", "msa", "nsa", "sa");

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    /** Names that an encoder layer uses for its other parts. */
    private static final Set<String> RESERVED = Set.of("norm1", "norm2", "ffn");

    private static @Nullable Map<String, AttentionBlockProvider> found;

    private AttentionBlocks() {}

    /**
     * Returns the names of all blocks in the order of stored blocks and of a gate's columns: those of
     * {@link #PUBLISHED}, then the others by name.
     *
     * @return unmodifiable
     * @throws RlrException if a provider on the class path cannot be used
     */
    public static List<String> names() {
        return List.copyOf(providers().keySet());
    }

    private static synchronized Map<String, AttentionBlockProvider> providers() {
        if (found == null) {
            found = inOrder(Services.load(AttentionBlockProvider.class, "attention blocks")
                    .iterator());
        }
        return found;
    }

    /** Providers by name, in order. @throws RlrException if a name is invalid or used twice */
    static Map<String, AttentionBlockProvider> inOrder(Iterator<AttentionBlockProvider> providers) {
        Map<String, AttentionBlockProvider> sorted = new TreeMap<>();
        while (providers.hasNext()) {
            AttentionBlockProvider provider = providers.next();
            String name = provider.name();
            String type = provider.getClass().getName();
            if (name == null || !NAME.matcher(name).matches() || RESERVED.contains(name)) {
                throw new RlrException(
                        "the attention block of " + type + " is called '" + name + "'",
                        "a name is a lower-case letter, then lower-case letters, digits and underscores,"
                                + " and not one of "
                                + String.join(", ", RESERVED.stream().sorted().toList()));
            }
            if (!Float.isFinite(provider.weight())) {
                throw new RlrException(
                        "the attention block '" + name + "' of " + type + " has a weight of " + provider.weight(),
                        "it must be a finite number");
            }
            AttentionBlockProvider other = sorted.putIfAbsent(name, provider);
            if (other != null) {
                throw new RlrException(
                        "two attention blocks are called '" + name + "', of "
                                + other.getClass().getName() + " and " + type,
                        "rename one or take its jar off the class path");
            }
        }
        Map<String, AttentionBlockProvider> ordered = new LinkedHashMap<>();
        for (String name : PUBLISHED) {
            AttentionBlockProvider provider = sorted.remove(name);
            if (provider != null) {
                ordered.put(name, provider);
            }
        }
        ordered.putAll(sorted);
        return ordered;
    }

    /**
     * Returns the provider of a block.
     *
     * @param name one of {@link #names}
     * @return the provider
     * @throws RlrException if no such block exists, listing the known names
     */
    public static AttentionBlockProvider provider(String name) {
        AttentionBlockProvider provider = providers().get(name);
        if (provider == null) {
            throw unusable(
                    name,
                    "unknown attention block '" + name + "'",
                    "choose `blocks` from " + String.join(", ", names())
                            + ", or put the jar with its AttentionBlockProvider on the class path");
        }
        return provider;
    }

    private static InvalidSettingException unusable(String value, String message, String remedy) {
        return new InvalidSettingException("blocks", value, String.join(", ", names()), message, remedy);
    }

    /**
     * Checks that the blocks named in a file are on the class path.
     *
     * @param names as the file has them
     * @param file the file, for the message
     * @throws RlrException if one is missing, with the file, the block and the known names
     */
    public static void requireFor(List<String> names, Object file) {
        for (String name : names) {
            if (!providers().containsKey(name)) {
                throw unusable(
                        name,
                        file + " has the attention block '" + name + "', which is not among those on the class path ("
                                + String.join(", ", names()) + ")",
                        "put the jar with its AttentionBlockProvider there");
            }
        }
    }

    /**
     * Returns block names without duplicates, in the order of {@link #names}.
     *
     * @param names in any order, with or without duplicates
     * @return unmodifiable
     * @throws RlrException if a block does not exist or the list is empty
     */
    public static List<String> inOrder(List<String> names) {
        names.forEach(AttentionBlocks::provider);
        if (names.isEmpty()) {
            throw unusable("[]", "no attention block given", "choose `blocks` from " + String.join(", ", names()));
        }
        List<String> ordered = new ArrayList<>(names());
        ordered.retainAll(names);
        return List.copyOf(ordered);
    }

    /**
     * Returns the weight of a block without a learned gate.
     *
     * @param name one of {@link #names}
     * @return a finite factor
     * @throws RlrException if there is no block of that name
     */
    public static float weight(String name) {
        return provider(name).weight();
    }

    /**
     * Whether a block attends to the reference; a model without such a block has no reference.
     *
     * @param name one of {@link #names}
     * @return true for {@code mca}, {@code ca}, {@code nsa} and any other block whose provider says so
     * @throws RlrException if there is no block of that name
     */
    public static boolean usesReference(String name) {
        return provider(name).usesReference();
    }

    /**
     * Creates a block under a name prefix.
     *
     * @param name one of {@link #names}
     * @param names where the block declares its parameters
     * @param level width, heads, grid, window size and reference length
     * @return a new block
     * @throws RlrException if there is no block of that name
     */
    public static AttentionBlock create(String name, ParameterSet.Prefix names, LevelConfig level) {
        return provider(name).create(names, level);
    }
}
