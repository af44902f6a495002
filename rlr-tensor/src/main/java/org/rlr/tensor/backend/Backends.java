package org.rlr.tensor.backend;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.Services;

/** Selects a backend from the providers that {@link Services} finds. */
public final class Backends {
    private static final System.Logger LOG = System.getLogger(Backends.class.getName());

    private Backends() {}

    /** {@return all providers, the preferred one first} */
    public static List<BackendProvider> providers() {
        List<BackendProvider> found = Services.load(BackendProvider.class, "backends");
        found.sort(Comparator.comparingInt(BackendProvider::priority).reversed().thenComparing(BackendProvider::type));
        return found;
    }

    /**
     * Starts a backend.
     *
     * @param name {@code "cpu"}, {@code "cuda"} or {@code "cuda:1"}; {@code "auto"} or null selects the preferred
     *     backend that can start and logs in one line why the others cannot
     * @param settings threads and precision
     * @return the backend; the caller closes it
     * @throws InvalidSettingException if there is no such backend or it does not offer the precision
     * @throws ResourceException if the named backend (with {@code "auto"}: every backend) cannot start, with the reason
     */
    public static Backend open(@Nullable String name, BackendSettings settings) {
        List<BackendProvider> providers = providers();
        if (name != null && !name.equals("auto")) {
            int colon = name.indexOf(':');
            String type = colon < 0 ? name : name.substring(0, colon);
            int index = colon < 0 ? 0 : ordinal(name, name.substring(colon + 1));
            for (BackendProvider p : providers) {
                if (p.type().equals(type)) {
                    Optional<String> why = p.unavailable();
                    if (why.isPresent()) {
                        throw new ResourceException(
                                ResourceException.Resource.BACKEND,
                                "backend '" + name + "' cannot start: " + why.get(),
                                "",
                                null);
                    }
                    return p.create(index, settings);
                }
            }
            String types = String.join(
                    ", ", providers.stream().map(BackendProvider::type).toList());
            throw new InvalidSettingException(
                    "backend",
                    name,
                    types + " or auto",
                    "there is no backend '" + name + "'",
                    "choose " + types
                            + " or auto with `backend`, or add the module of that backend to the class path or"
                            + " module path (of cuda: org.rlr:rlr-cuda)");
        }
        StringBuilder reasons = new StringBuilder();
        for (BackendProvider p : providers) {
            Optional<String> why = p.unavailable();
            if (why.isEmpty()) {
                Backend backend = p.create(0, settings);
                LOG.log(System.Logger.Level.DEBUG, "backend: {0}{1}", backend.description(), reasons);
                return backend;
            }
            reasons.append("; not ").append(p.type()).append(": ").append(why.get());
        }
        throw new ResourceException(ResourceException.Resource.BACKEND, "no backend can start" + reasons, "", null);
    }

    private static int ordinal(String name, String digits) {
        try {
            return Integer.parseUnsignedInt(digits);
        } catch (NumberFormatException e) {
            throw new InvalidSettingException(
                    "backend",
                    name,
                    "a backend's name, optionally with a device number, as in cuda:0",
                    "backend '" + name + "': '" + digits + "' is not a device number",
                    "write the device number after the colon, as in cuda:0");
        }
    }
}
