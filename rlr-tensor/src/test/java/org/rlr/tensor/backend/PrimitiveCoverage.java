package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * Records the primitives that the contracts call. Extends a class that nests all contracts of one backend; the class
 * fails at the end if a primitive was not called. Checks nothing if only some of the tests run.
 */
public final class PrimitiveCoverage
        implements BeforeAllCallback, TestInstancePostProcessor, AfterEachCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(PrimitiveCoverage.class);

    /** The calls and the executed tests of one class and its nested classes. */
    public static final class Calls {
        private final Class<?> owner;
        private final Set<Method> called = ConcurrentHashMap.newKeySet();
        private final Set<String> run = ConcurrentHashMap.newKeySet();

        /** @param owner the test class */
        public Calls(Class<?> owner) {
            this.owner = owner;
        }

        /** Returns the backend with every call recorded. */
        public Backend on(Backend backend) {
            return (Backend) Proxy.newProxyInstance(
                    Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                        called.add(method);
                        try {
                            return method.invoke(backend, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        /** Returns the names of the primitives that were never called. */
        public Set<String> missing() {
            return Arrays.stream(Backend.class.getMethods())
                    .filter(m -> !called.contains(m))
                    .map(Method::getName)
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        /** Returns whether every test of every nested contract has run. */
        private boolean complete() {
            Set<String> all = new HashSet<>();
            for (Class<?> contract : contracts()) {
                for (Method test : AnnotationSupport.findAnnotatedMethods(
                        contract, Testable.class, HierarchyTraversalMode.TOP_DOWN)) {
                    all.add(key(contract, test));
                }
            }
            return !all.isEmpty() && run.containsAll(all);
        }

        private List<Class<?>> contracts() {
            return Stream.<Class<?>>iterate(owner, c -> c != null, Class::getSuperclass)
                    .flatMap(c -> Arrays.stream(c.getDeclaredClasses()))
                    .filter(c -> c.isAnnotationPresent(Nested.class) && BackendContract.class.isAssignableFrom(c))
                    .toList();
        }
    }

    private static String key(Class<?> contract, Method test) {
        return contract.getName() + "." + test.getName();
    }

    private static Calls calls(ExtensionContext context) {
        return context.getStore(NAMESPACE).get(Calls.class, Calls.class);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (calls(context) == null) {
            context.getStore(NAMESPACE).put(Calls.class, new Calls(context.getRequiredTestClass()));
        }
    }

    @Override
    public void postProcessTestInstance(Object instance, ExtensionContext context) {
        if (instance instanceof BackendContract contract) {
            contract.calls = calls(context);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        calls(context).run.add(key(context.getRequiredTestClass(), context.getRequiredTestMethod()));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Calls calls = calls(context);
        if (calls.owner == context.getRequiredTestClass() && calls.complete()) {
            assertEquals(Set.of(), calls.missing(), "primitives that no contract of " + calls.owner + " calls");
        }
    }
}
