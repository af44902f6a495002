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

/** Finds what extends this library on the class path: backends, backbones, attention blocks, data layouts. */
public final class Services {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]*");

    private Services() {}

    /**
     * The services of a type that {@link ServiceLoader} finds for the class loader of the type itself.
     *
     * @param type the interface, whose name a file in {@code META-INF/services} has
     * @param things what they provide, in the plural, for messages: {@code backbones}
     * @param <T> the interface
     * @return in the order of the class path
     * @throws RlrException if one cannot be used, with the reason
     */
    public static <T> List<T> load(Class<T> type, String things) {
        List<T> services = new ArrayList<>();
        try {
            // ServiceLoader asks the module of this class, and the types are of other modules, too
            Services.class.getModule().addUses(type);
            ServiceLoader.load(type, type.getClassLoader()).forEach(services::add);
        } catch (ServiceConfigurationError e) {
            throw new RlrException(
                    "a provider of " + things + " on the class path cannot be used: " + e.getMessage()
                            + (e.getCause() == null ? "" : " (" + e.getCause() + ")"),
                    "correct it or take its jar off the class path",
                    e);
        }
        return services;
    }

    /**
     * Services by the names of what they provide.
     *
     * @param services as {@link #load} gives them
     * @param names the names that one provides
     * @param things what they provide, in the plural, for messages
     * @param <T> the interface
     * @return in the order of the services and of their names
     * @throws RlrException if a name cannot be used or is taken twice, with the classes of the services
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
                            "rename one or take its jar off the class path");
                }
            }
        }
        return named;
    }
}
