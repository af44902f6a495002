package org.rlr.tensor.io;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The names of pickle opcodes, for messages about refused opcodes. */
final class PickleOpcodes {
    private static final Map<Integer, String> NAMES = names();

    private PickleOpcodes() {}

    private static Map<Integer, String> names() {
        Map<Integer, String> names = new HashMap<>();
        String byCharacter =
                "0 POP,1 POP_MARK,2 DUP,F FLOAT,I INT,L LONG,P PERSID,S STRING,T BINSTRING,U SHORT_BINSTRING,V "
                        + "UNICODE,d DICT,g GET,"
                        + "i INST,l LIST,o OBJ,p PUT,B BINBYTES,C SHORT_BINBYTES";
        for (String each : byCharacter.split(",", -1)) {
            names.put((int) each.charAt(0), each.substring(2));
        }
        String[] fromHex81 = {
            "NEWOBJ",
            "EXT1",
            "EXT2",
            "EXT4",
            "TUPLE1",
            "TUPLE2",
            "TUPLE3",
            "NEWTRUE",
            "NEWFALSE",
            "LONG1",
            "LONG4",
            "SHORT_BINUNICODE",
            "BINUNICODE8",
            "BINBYTES8",
            "EMPTY_SET",
            "ADDITEMS",
            "FROZENSET",
            "NEWOBJ_EX",
            "STACK_GLOBAL",
            "MEMOIZE",
            "FRAME",
            "BYTEARRAY8",
            "NEXT_BUFFER",
            "READONLY_BUFFER"
        };
        for (int i = 0; i < fromHex81.length; i++) {
            names.put(0x81 + i, fromHex81[i]);
        }
        return names;
    }

    /** Returns the name, or the code of an unknown opcode. */
    static String name(int opcode) {
        String code = String.format(Locale.ROOT, "0x%02x", opcode);
        String name = NAMES.get(opcode);
        return name == null ? code : name + " (" + code + ")";
    }
}
