package org.rlr.tensor.backend;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/** Chooses a backend among the providers that {@link ServiceLoader} finds. */
public final class Backends {
    private static final System.Logger LOG = System.getLogger(Backends.class.getName());

    private Backends() {}

    /** {@return all providers, the preferred one first} */
    public static List<BackendProvider> providers() {
        List<BackendProvider> found = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader())
                .forEach(found::add);
        found.sort(Comparator.comparingInt(BackendProvider::priority).reversed().thenComparing(BackendProvider::type));
        return found;
    }

    /**
     * Starts a backend.
     *
     * @param name {@code "cpu"}, {@code "cuda"}, {@code "cuda:1"}, or {@code "auto"}, the same as no name, for the
     *     preferred one that can start; why the others cannot is logged in one line
     * @param threads worker threads of a CPU backend, 0 for as many as there are cores
     * @return the backend; the caller closes it
     * @throws RlrException if the named backend does not exist or cannot start, saying why
     */
    public static Backend open(@Nullable String name, int threads) {
        List<BackendProvider> providers = providers();
        if (name != null && !name.equals("auto")) {
            int colon = name.indexOf(':');
            String type = colon < 0 ? name : name.substring(0, colon);
            int index = colon < 0 ? 0 : ordinal(name, name.substring(colon + 1));
            for (BackendProvider p : providers) {
                if (p.type().equals(type)) {
                    Optional<String> why = p.unavailable();
                    if (why.isPresent()) {
                        throw new RlrException("backend '" + name + "' cannot start: " + why.get());
                    }
                    return p.create(index, threads);
                }
            }
            throw new RlrException("there is no backend '" + name + "'; there are "
                    + providers.stream().map(BackendProvider::type).toList() + " and 'auto'");
        }
        StringBuilder reasons = new StringBuilder();
        for (BackendProvider p : providers) {
            Optional<String> why = p.unavailable();
            if (why.isEmpty()) {
                Backend backend = p.create(0, threads);
                LOG.log(System.Logger.Level.DEBUG, "backend: {0}{1}", backend.description(), reasons);
                return backend;
            }
            reasons.append("; not ").append(p.type()).append(": ").append(why.get());
        }
        throw new RlrException("no backend can start" + reasons);
    }

    private static int ordinal(String name, String digits) {
        try {
            return Integer.parseUnsignedInt(digits);
        } catch (NumberFormatException e) {
            throw new RlrException("backend '" + name + "': after the colon comes the device's number, as in cuda:0");
        }
    }
}
