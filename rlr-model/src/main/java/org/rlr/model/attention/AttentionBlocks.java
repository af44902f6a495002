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
    /** The names of the published blocks, in their order. */
    public static final List<String> PUBLISHED = List.of("mca", "ca", "msa", "nsa", "sa");

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    /** What a layer keeps beside its blocks. */
    private static final Set<String> RESERVED = Set.of("norm1", "norm2", "ffn");

    private static @Nullable Map<String, AttentionBlockProvider> found;

    private AttentionBlocks() {}

    /**
     * The names of all blocks, in the order in which blocks are kept and columns of a gate follow: those of
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

    /** Providers by name, in order. @throws RlrException if a name cannot be used or is taken twice */
    static Map<String, AttentionBlockProvider> inOrder(Iterator<AttentionBlockProvider> providers) {
        Map<String, AttentionBlockProvider> sorted = new TreeMap<>();
        while (providers.hasNext()) {
            AttentionBlockProvider provider = providers.next();
            String name = provider.name();
            String type = provider.getClass().getName();
            if (name == null || !NAME.matcher(name).matches() || RESERVED.contains(name)) {
                throw new RlrException(
                        "the attention block of " + type + " is called '" + name + "'",
                        "a name is a small letter, then small letters, digits and underscores, and not one of "
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
     * The provider of a block.
     *
     * @param name one of {@link #names}
     * @return the provider
     * @throws RlrException if there is none, with the names that there are
     */
    public static AttentionBlockProvider provider(String name) {
        AttentionBlockProvider provider = providers().get(name);
        if (provider == null) {
            throw unusable(
                    name,
                    "attention block '" + name + "' does not exist",
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
     * @throws RlrException naming the file, the block and those that there are
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
     * Block names without repetition, in the order of {@link #names}.
     *
     * @param names in any order, repeated or not
     * @return unmodifiable
     * @throws RlrException if one does not exist or none is given
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
     * The weight of a block where no gate is learned.
     *
     * @param name one of {@link #names}
     * @return a finite factor
     * @throws RlrException if there is none of that name
     */
    public static float weight(String name) {
        return provider(name).weight();
    }

    /**
     * Whether a block attends to the reference; a model in which none does has no reference.
     *
     * @param name one of {@link #names}
     * @return true for {@code mca}, {@code ca}, {@code nsa} and any other whose provider says so
     * @throws RlrException if there is none of that name
     */
    public static boolean usesReference(String name) {
        return provider(name).usesReference();
    }

    /**
     * A block under a name prefix.
     *
     * @param name one of {@link #names}
     * @param names where the block declares its parameters
     * @param level width, heads, grid, window and reference length
     * @return a new block
     * @throws RlrException if there is none of that name
     */
    public static AttentionBlock create(String name, ParameterSet.Prefix names, LevelConfig level) {
        return provider(name).create(names, level);
    }
}
