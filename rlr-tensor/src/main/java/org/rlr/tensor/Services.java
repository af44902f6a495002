package org.rlr.tensor;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Finds extensions of this library on the class path: backends, backbones, attention blocks, data layouts. */
public final class Services {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]*");

    private Services() {}

    /**
     * Loads the services of a type with {@link ServiceLoader} and the type's own class loader.
     *
     * @param type the interface, listed in {@code META-INF/services}
     * @param things the plural noun for messages: {@code backbones}
     * @param <T> the interface
     * @return the services in class path order
     * @throws RlrException if a service cannot be loaded, with the reason
     */
    public static <T> List<T> load(Class<T> type, String things) {
        List<T> services = new ArrayList<>();
        try {
            // ServiceLoader checks the caller's module, which is this one; the types may belong to other modules
            Services.class.getModule().addUses(type);
            ServiceLoader.load(type, type.getClassLoader()).forEach(services::add);
        } catch (ServiceConfigurationError e) {
            throw new RlrException(
                    "a provider of " + things + " on the class path cannot be used: " + e.getMessage()
                            + (e.getCause() == null ? "" : " (" + e.getCause() + ")"),
                    "fix it or remove its jar from the class path",
                    e);
        }
        return services;
    }

    /**
     * Indexes services by the names that they provide.
     *
     * @param services the result of {@link #load}
     * @param names returns the names that a service provides
     * @param things the plural noun for messages
     * @param <T> the interface
     * @return the services by name, in the order of services and names
     * @throws RlrException if a name is invalid or a duplicate, with the classes of the services
     */
    public static <T> Map<String, T> byName(
            List<T> services, Function<T, ? extends Collection<String>> names, String things) {
        Map<String, T> named = new LinkedHashMap<>();
        for (T service : services) {
            String type = service.getClass().getName();
            for (String name : names.apply(service)) {
                if (name == null || !NAME.matcher(name).matches()) {
                    throw new RlrException(
                            type + " has '" + name + "' among its " + things,
                            "a name is a small letter, then small letters, digits, underscores and hyphens");
                }
                T other = named.putIfAbsent(name, service);
                if (other != null) {
                    throw new RlrException(
                            "two " + things + " are called '" + name + "', of "
                                    + other.getClass().getName() + " and " + type,
                            "rename one or remove its jar from the class path");
                }
            }
        }
        return named;
    }
}
