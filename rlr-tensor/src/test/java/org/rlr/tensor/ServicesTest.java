package org.rlr.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.backend.BackendProvider;

/** Service discovery and its error messages. */
class ServicesTest {
    /** A service whose only provider on the test class path cannot be created. */
    public interface Thing {}

    public static final class Broken implements Thing {
        public Broken() {
            throw new IllegalStateException("no licence");
        }
    }

    private record Named(List<String> names) {}

    @Test
    void providersAreFound() {
        assertEquals(
                List.of("cpu"),
                Services.load(BackendProvider.class, "backends").stream()
                        .map(BackendProvider::type)
                        .toList());
        assertEquals(List.of(), Services.load(Runnable.class, "runs"));
    }

    @Test
    void aFailingProviderIsNamedWithTheReason() {
        String message = assertThrows(RlrException.class, () -> Services.load(Thing.class, "things"))
                .explanation();
        for (String mention : new String[] {"things", Broken.class.getName(), "no licence", "class path"}) {
            assertTrue(message.contains(mention), message);
        }
    }

    @Test
    void namesKeepTheirOrder() {
        Named first = new Named(List.of("b", "a-1"));
        Named second = new Named(List.of("a_2"));
        assertEquals(
                List.of("b", "a-1", "a_2"),
                List.copyOf(Services.byName(List.of(first, second), Named::names, "things")
                        .keySet()));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "A", "1a", "a b", "a/b", "../a"})
    void anInvalidNameIsRefused(String name) {
        Named wrong = new Named(Collections.singletonList(name));
        String message = assertThrows(RlrException.class, () -> Services.byName(List.of(wrong), Named::names, "things"))
                .explanation();
        assertTrue(
                message.contains("'" + name + "'")
                        && message.contains(Named.class.getName())
                        && message.contains("small letter"),
                message);
    }

    @Test
    void aDuplicateNameIsRefused() {
        List<Named> two = Arrays.asList(new Named(List.of("a")), new Named(List.of("b", "a")));
        String message = assertThrows(RlrException.class, () -> Services.byName(two, Named::names, "things"))
                .explanation();
        assertTrue(message.contains("two things are called 'a'") && message.contains("class path"), message);
    }
}
