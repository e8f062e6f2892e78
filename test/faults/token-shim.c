/*
 * A PKCS #11 library for tests, in front of another one: it misbehaves as the files of a folder say.
 *
 *   hang    the next call of C_Encrypt or C_Decrypt never returns
 *   crash   the next call of C_Encrypt or C_Decrypt ends the process
 *   garble  the next call of C_Encrypt or C_Decrypt writes to descriptors that are not the library's own
 *   logout  before the next call of C_EncryptInit or C_DecryptInit, the user is logged out; once
 *   full    C_GenerateKey finds no room
 *   gone    no slot has a token, and sessions are those of a removed token
 *   final   the token takes one more PIN
 *
 * The file `logins` gets a byte for each call of C_Login.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ul;
typedef unsigned char byte;

#define DEVICE_MEMORY 0x31UL
#define DEVICE_REMOVED 0x32UL
#define FINAL_TRY 0x20000UL
#define FLAGS_AT 96

static void *real(const char *name) {
  static void *library;
  if (!library) library = dlopen(getenv("SHIM_MODULE"), RTLD_NOW);
  return dlsym(library, name);
}

static void path_of(char *path, size_t size, const char *name) { snprintf(path, size, "%s/%s", getenv("SHIM_FOLDER"), name); }

static int is_set(const char *name) {
  char path[4096];
  path_of(path, sizeof path, name);
  return access(path, F_OK) == 0;
}

static int take(const char *name) {
  char path[4096];
  path_of(path, sizeof path, name);
  return unlink(path) == 0;
}

static void note(const char *name) {
  char path[4096];
  path_of(path, sizeof path, name);
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (write(file, "x", 1) != 1) abort();
  close(file);
}

static void misbehave(void) {
  if (is_set("crash") && take("crash")) abort();
  if (is_set("garble") && take("garble"))
    for (int file = 1; file < 5; file += 1)
      if (write(file, "\xff\xff\xff\xff and so on", 14) < 0) continue;
  if (is_set("hang") && take("hang")) for (;;) pause();
}

static void lose_login(ul session) {
  if (is_set("logout") && take("logout")) ((ul (*)(ul))real("C_Logout"))(session);
}

#define FORWARD(name, types, ...) return ((ul (*) types)real(#name))(__VA_ARGS__)
#define GONE if (is_set("gone")) return DEVICE_REMOVED

ul C_Initialize(void *a) { FORWARD(C_Initialize, (void *), a); }
ul C_Finalize(void *a) { FORWARD(C_Finalize, (void *), a); }
ul C_GetSlotList(byte present, ul *list, ul *count) {
  if (is_set("gone")) {
    *count = 0;
    return 0;
  }
  FORWARD(C_GetSlotList, (byte, ul *, ul *), present, list, count);
}
ul C_GetTokenInfo(ul slot, byte *info) {
  ul value = ((ul (*)(ul, byte *))real("C_GetTokenInfo"))(slot, info);
  if (value == 0 && is_set("final")) *(ul *)(info + FLAGS_AT) |= FINAL_TRY;
  return value;
}
ul C_GetMechanismList(ul slot, ul *list, ul *count) { FORWARD(C_GetMechanismList, (ul, ul *, ul *), slot, list, count); }
ul C_OpenSession(ul slot, ul flags, void *a, void *b, ul *session) { FORWARD(C_OpenSession, (ul, ul, void *, void *, ul *), slot, flags, a, b, session); }
ul C_CloseAllSessions(ul slot) { FORWARD(C_CloseAllSessions, (ul), slot); }
ul C_GetSessionInfo(ul session, void *info) { GONE; FORWARD(C_GetSessionInfo, (ul, void *), session, info); }
ul C_Login(ul session, ul user, byte *pin, ul size) { note("logins"); FORWARD(C_Login, (ul, ul, byte *, ul), session, user, pin, size); }
ul C_FindObjectsInit(ul session, void *template, ul count) { GONE; FORWARD(C_FindObjectsInit, (ul, void *, ul), session, template, count); }
ul C_FindObjects(ul session, ul *found, ul most, ul *count) { FORWARD(C_FindObjects, (ul, ul *, ul, ul *), session, found, most, count); }
ul C_FindObjectsFinal(ul session) { FORWARD(C_FindObjectsFinal, (ul), session); }
ul C_GetAttributeValue(ul session, ul object, void *template, ul count) { FORWARD(C_GetAttributeValue, (ul, ul, void *, ul), session, object, template, count); }
ul C_GenerateKey(ul session, void *mechanism, void *template, ul count, ul *key) {
  GONE;
  if (is_set("full")) return DEVICE_MEMORY;
  FORWARD(C_GenerateKey, (ul, void *, void *, ul, ul *), session, mechanism, template, count, key);
}
ul C_DestroyObject(ul session, ul object) { GONE; FORWARD(C_DestroyObject, (ul, ul), session, object); }
ul C_EncryptInit(ul session, void *mechanism, ul key) { GONE; lose_login(session); FORWARD(C_EncryptInit, (ul, void *, ul), session, mechanism, key); }
ul C_Encrypt(ul session, byte *in, ul size, byte *out, ul *out_size) { misbehave(); FORWARD(C_Encrypt, (ul, byte *, ul, byte *, ul *), session, in, size, out, out_size); }
ul C_DecryptInit(ul session, void *mechanism, ul key) { GONE; lose_login(session); FORWARD(C_DecryptInit, (ul, void *, ul), session, mechanism, key); }
ul C_Decrypt(ul session, byte *in, ul size, byte *out, ul *out_size) { misbehave(); FORWARD(C_Decrypt, (ul, byte *, ul, byte *, ul *), session, in, size, out, out_size); }
ul C_GenerateRandom(ul session, byte *out, ul size) { GONE; FORWARD(C_GenerateRandom, (ul, byte *, ul), session, out, size); }
